package stream

import (
	"context"
	"errors"
	"io"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

type bidi = grpc.BidiStreamingServer[discovery.DeltaDiscoveryRequest, discovery.DeltaDiscoveryResponse]

// DeltaAggregatedResources serves one proxy until either end leaves.
func (s *Server) DeltaAggregatedResources(stream bidi) error {
	ref, err := identify(stream.Context(), s.hub)
	if err != nil {
		return status.Error(codes.PermissionDenied, err.Error())
	}
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	session, err := s.index.attach(ref, first.GetNode().GetId(), s.clock.Now())
	if err != nil {
		return status.Error(codes.ResourceExhausted, err.Error())
	}
	log := s.log.WithValues("gateway", ref.String(), "node", session.node)
	log.Info("proxy connected")
	s.metrics.connected.Inc()
	defer func() {
		s.metrics.connected.Dec()
		s.index.detach(session)
		log.Info("proxy disconnected")
	}()
	s.index.changed(ref)
	return s.converse(stream, session, first)
}

// converse takes requests in and sends responses out, one at a time.
func (s *Server) converse(stream bidi, session *session, first *discovery.DeltaDiscoveryRequest) error {
	ctx := stream.Context()
	requests, broken := receive(ctx, stream)
	if err := s.take(session, first); err != nil {
		return err
	}
	for {
		if err := s.send(stream, session); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-broken:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		case <-session.awake:
		case r := <-requests:
			if err := s.take(session, r); err != nil {
				return err
			}
		}
	}
}

// receive reads a stream's requests until it breaks or its handler is done.
func receive(ctx context.Context, stream bidi) (<-chan *discovery.DeltaDiscoveryRequest, <-chan error) {
	requests, broken := make(chan *discovery.DeltaDiscoveryRequest), make(chan error, 1)
	go func() {
		for {
			r, err := stream.Recv()
			if err != nil {
				broken <- err
				return
			}
			select {
			case requests <- r:
			case <-ctx.Done():
				return
			}
		}
	}()
	return requests, broken
}

// take takes in one request: a subscription, an ACK or a NACK.
func (s *Server) take(session *session, r *discovery.DeltaDiscoveryRequest) error {
	k, known := kindOf(r.TypeUrl)
	if !known {
		return status.Errorf(codes.InvalidArgument, "no resources of type %q", r.TypeUrl)
	}
	c := session.config
	c.mu.Lock()
	refused, telling, err := session.receive(k, r)
	c.mu.Unlock()
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	if refused {
		s.metrics.nacks.WithLabelValues(k.String()).Inc()
		s.log.Info("proxy refused configuration", "gateway", c.ref.String(), "node", session.node,
			"type", k.String(), "message", r.ErrorDetail.GetMessage())
	}
	if telling {
		s.index.changed(c.ref)
	}
	return nil
}

// send sends all that may be sent now.
func (s *Server) send(stream bidi, session *session) error {
	for {
		session.config.mu.Lock()
		r := session.next()
		session.config.mu.Unlock()
		if r == nil {
			return nil
		}
		if err := stream.Send(r); err != nil {
			return err
		}
		k, _ := kindOf(r.TypeUrl)
		s.metrics.count(k, r)
	}
}
