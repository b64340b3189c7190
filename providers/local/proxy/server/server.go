package server

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/wire"
)

// Server is one proxy. Its Set and Remove methods take configuration at run
// time: they return once it is in force, and an error leaves what was.
type Server struct {
	core    *core
	sockets *sockets

	mu    sync.Mutex        // held while listeners change
	bound map[string]uint16 // listener -> bind port
}

// New makes a proxy that serves nothing yet. Its metrics go to the registry.
func New(c Config, registry prometheus.Registerer) *Server {
	core := newCore(c, registry)
	return &Server{
		core: core,
		sockets: &sockets{
			engine:       newNetHTTP(c, core),
			bindAddress:  c.BindAddress,
			drainTimeout: c.DrainTimeout,
			byBindPort:   map[uint16]*socket{},
		},
		bound: map[string]uint16{},
	}
}

// SetCertificate puts a certificate in force, for all handshakes to come.
func (s *Server) SetCertificate(c wire.Certificate) error { return s.core.certificates.Set(c) }

// RemoveCertificate takes a certificate out of force.
func (s *Server) RemoveCertificate(name string) { s.core.certificates.Remove(name) }

// SetEndpoints puts one cluster's endpoints of a pool in force.
func (s *Server) SetEndpoints(e wire.Endpoints) error {
	return s.core.pools.SetEndpoints(e.Pool, e.ClusterEndpoints)
}

// RemoveEndpoints forgets one cluster's endpoints of a pool.
func (s *Server) RemoveEndpoints(pool, cluster string) {
	s.core.pools.RemoveEndpoints(pool, cluster)
}

// SetRoute puts a route in force.
func (s *Server) SetRoute(r *ir.Route) error {
	if err := s.core.table.SetRoute(r); err != nil {
		return err
	}
	s.core.metrics.setRoute(r.Name, r)
	return nil
}

// RemoveRoute takes a route out of force.
func (s *Server) RemoveRoute(name string) {
	s.core.table.RemoveRoute(name)
	s.core.metrics.setRoute(name, nil)
}

// SetListener binds a listener's port, unless another listener has it bound
// already, and serves the listener's hostname on it. When the listener had
// another port before, that one is closed last. An HTTPS listener whose
// certificates are not in force is served all the same; its clients' TLS
// handshakes fail until one is.
func (s *Server) SetListener(l wire.Listener) error {
	if l.Protocol != ir.HTTP && l.Protocol != ir.HTTPS {
		return fmt.Errorf("listener %q: the protocol %q is not served", l.Name, l.Protocol)
	}
	if l.Name == "" || l.Port == 0 || l.BindPort == 0 {
		return errors.New("a listener needs a name, a port and a port to bind")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	serve, err := s.sockets.acquire(l.Name, l.BindPort, l.Port)
	if err != nil {
		return err
	}
	s.core.table.SetListener(l.Listener)
	s.core.metrics.setListener(l.Name)
	serve() // only now is it known whether connections speak TLS
	if before, had := s.bound[l.Name]; had && before != l.BindPort {
		s.sockets.release(l.Name, before)
	}
	s.bound[l.Name] = l.BindPort
	return nil
}

// RemoveListener stops serving a listener. Its requests under way are
// drained in the background.
func (s *Server) RemoveListener(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, had := s.bound[name]; had {
		s.sockets.release(name, before)
		delete(s.bound, name)
	}
	s.core.table.RemoveListener(name)
	s.core.metrics.removeListener(name)
}

// errDraining is why a proxy that is told to stop is not ready.
var errDraining = errors.New("the proxy is draining")

// Ready is nil until Retire.
func (s *Server) Ready() error {
	if s.core.draining.Load() {
		return errDraining
	}
	return nil
}

// Retire prepares the end: the server is not ready from now on and asks its
// clients to go elsewhere, but serves all that comes, so that load balancers
// have time to notice.
func (s *Server) Retire() { s.core.draining.Store(true) }

// Shutdown ends the server: it accepts no more, and gives the requests under
// way until the configured timeout, or the end of the context if that is
// earlier.
func (s *Server) Shutdown(ctx context.Context) {
	s.Retire()
	s.sockets.close(ctx)
	if s.core.access != nil {
		s.core.access.close()
	}
}
