package stream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"k8s.io/utils/clock"
)

// maxRequest bounds a request in bytes: its largest part is the list of
// versions that a proxy holds, about 100 bytes for each resource.
const maxRequest = 16 << 20

// The pace at which dead proxies are noticed, and the fastest that a proxy
// may ask for life signs of the hub.
const (
	pingAfter   = 15 * time.Second
	pingTimeout = 5 * time.Second
	fastestPing = 5 * time.Second
)

// Options are what a Server needs; all are required.
type Options struct {
	// Index is what is served.
	Index *Index
	// Hub is the hub's id: proxies of another hub are turned away.
	Hub string
	// Registerer takes the metrics fairway_stream_*.
	Registerer prometheus.Registerer
	Log        logr.Logger
	Clock      clock.Clock
}

// Server serves an Index to proxies.
type Server struct {
	discovery.UnimplementedAggregatedDiscoveryServiceServer
	index      *Index
	handshakes atomic.Pointer[handshakes]
	hub        string
	metrics    *metrics
	log        logr.Logger
	clock      clock.Clock
}

// NewServer makes a server. The error is about metrics that are registered
// already.
func NewServer(o Options) (*Server, error) {
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, err
	}
	return &Server{index: o.Index, hub: o.Hub, metrics: m, log: o.Log, clock: o.Clock}, nil
}

// Doubt cuts the connections that were opened with certificates which the
// Keys do not trust any more.
func (s *Server) Doubt() {
	if h := s.handshakes.Load(); h != nil {
		h.doubt()
	}
}

// Serve answers on listener, which it closes, until ctx is done: then every
// stream is cut at once, so that the proxies find the next leader. Both ends
// prove themselves by certificates of keys. A connection whose certificate
// has ended is cut as well. It is called once.
func (s *Server) Serve(ctx context.Context, listener net.Listener, keys Keys) error {
	handshakes := newHandshakes(keys, s.clock, s.log)
	s.handshakes.Store(handshakes)
	server := grpc.NewServer(
		grpc.Creds(handshakes.credentials()),
		grpc.MaxRecvMsgSize(maxRequest),
		grpc.MaxConcurrentStreams(8),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: pingAfter, Timeout: pingTimeout}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: fastestPing, PermitWithoutStream: true}),
	)
	discovery.RegisterAggregatedDiscoveryServiceServer(server, s)
	stop := context.AfterFunc(ctx, server.Stop)
	defer stop()
	s.log.Info("serving proxies", "address", listener.Addr().String())
	if err := server.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serve proxies on %s: %w", listener.Addr(), err)
	}
	return nil
}
