package main

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/vishvananda/netns"

	"fairway.dev/fairway/e2e/fleet/internal/netspace"
)

// dialTimeout bounds how long a forwarded connection waits for its target: a frozen API server still
// accepts, so only an address that nobody answers for takes this long.
const dialTimeout = 10 * time.Second

// forwarder lets the outside reach TCP addresses of the fleet through loopback ports.
type forwarder struct {
	outside netns.NsHandle
	mu      sync.Mutex
	open    map[netip.AddrPort]net.Listener
}

func newForwarder(outside netns.NsHandle) *forwarder {
	return &forwarder{outside: outside, open: map[netip.AddrPort]net.Listener{}}
}

// forward opens a free loopback port outside that leads to the target, or returns the one that does
// already.
func (f *forwarder) forward(target netip.AddrPort) (netip.AddrPort, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	listener := f.open[target]
	if listener == nil {
		err := netspace.Do(f.outside, func() (err error) {
			listener, err = net.Listen("tcp4", "127.0.0.1:0")
			return err
		})
		if err != nil {
			return netip.AddrPort{}, fmt.Errorf("listen outside for %s: %w", target, err)
		}
		f.open[target] = listener
		go accept(listener, target)
	}
	return listener.Addr().(*net.TCPAddr).AddrPort(), nil
}

// forwardInside opens the given loopback port of the fleet's own namespace to the target.
func (f *forwarder) forwardInside(port, target netip.AddrPort) error {
	listener, err := net.Listen("tcp4", port.String())
	if err != nil {
		return fmt.Errorf("listen inside for %s: %w", target, err)
	}
	go accept(listener, target)
	return nil
}

func accept(listener net.Listener, target netip.AddrPort) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go connect(conn.(*net.TCPConn), target)
	}
}

// connect joins a connection from outside to a new one to the target.
func connect(outer *net.TCPConn, target netip.AddrPort) {
	conn, err := net.DialTimeout("tcp4", target.String(), dialTimeout)
	if err != nil {
		// The nearest thing to a refused connection that can be said after accepting one.
		_ = outer.SetLinger(0)
		_ = outer.Close()
		return
	}
	inner := conn.(*net.TCPConn)
	var both sync.WaitGroup
	both.Go(func() { copyStream(inner, outer) })
	both.Go(func() { copyStream(outer, inner) })
	both.Wait()
	_ = outer.Close()
	_ = inner.Close()
}

// copyStream copies until the end of a stream and passes the end on. A stream that breaks off breaks
// both directions, as it would without a forwarder between.
func copyStream(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = to.SetLinger(0)
		_ = from.SetLinger(0)
		_ = to.Close()
		_ = from.Close()
		return
	}
	_ = to.CloseWrite()
}
