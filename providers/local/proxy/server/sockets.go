package server

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"
)

// sockets are the bound ports. Listeners that differ only in their hostname
// share one.
type sockets struct {
	engine       engine
	bindAddress  string
	drainTimeout time.Duration

	mu         sync.Mutex
	byBindPort map[uint16]*socket
	draining   sync.WaitGroup
}

type socket struct {
	port    uint16 // the listeners'
	service service
	users   map[string]struct{} // listeners' names
}

// acquire makes sure that a port is bound for a listener. Connections are
// accepted once the function that it gives was called.
func (s *sockets) acquire(listener string, bindPort, port uint16) (serve func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	have := s.byBindPort[bindPort]
	if have == nil {
		l, err := net.Listen("tcp", net.JoinHostPort(s.bindAddress, strconv.Itoa(int(bindPort))))
		if err != nil {
			return nil, fmt.Errorf("bind port %d for port %d of listener %q: %w", bindPort, port, listener, err)
		}
		have = &socket{port: port, service: s.engine.serve(l, port), users: map[string]struct{}{}}
		s.byBindPort[bindPort] = have
	}
	if have.port != port {
		return nil, fmt.Errorf("bind port %d for port %d of listener %q: it is bound for port %d", bindPort, port, listener, have.port)
	}
	have.users[listener] = struct{}{}
	return have.service.start, nil
}

// release closes the port when the listener was the last to use it. Requests
// under way are drained in the background.
func (s *sockets) release(listener string, bindPort uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	have := s.byBindPort[bindPort]
	if have == nil {
		return
	}
	if delete(have.users, listener); len(have.users) > 0 {
		return
	}
	delete(s.byBindPort, bindPort)
	s.drain(context.Background(), have)
}

// drain stops a socket. s.mu is held.
func (s *sockets) drain(parent context.Context, from *socket) {
	finish := from.service.stop()
	s.draining.Go(func() {
		ctx, cancel := context.WithTimeout(parent, s.drainTimeout)
		defer cancel()
		finish(ctx)
	})
}

// close stops all sockets and waits until they are drained or the context
// ends.
func (s *sockets) close(ctx context.Context) {
	s.mu.Lock()
	for bindPort, have := range s.byBindPort {
		delete(s.byBindPort, bindPort)
		s.drain(ctx, have)
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.draining.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
