package stream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"

	"github.com/go-logr/logr"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
	"k8s.io/utils/clock"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/local/authority"
)

// Keys are where a Server has its certificate and its trust from. They are
// asked at every handshake, so that a rotation needs no restart.
type Keys interface {
	// Ring is the authorities of the moment.
	Ring() authority.Ring
}

// handshakes makes the TLS of each connection: TLS 1.3 with a certificate of
// the authority's on both ends. Connections that are open do not notice when
// the hub's is replaced.
type handshakes struct {
	keys  Keys
	clock clock.Clock
	log   logr.Logger

	mu sync.Mutex
	// open are the connections, to be closed when their time has come.
	open map[*watched]struct{}
	// current is for the ring of this fingerprint.
	current     *tls.Config
	fingerprint string
}

func newHandshakes(keys Keys, clock clock.Clock, log logr.Logger) *handshakes {
	return &handshakes{keys: keys, clock: clock, log: log, open: map[*watched]struct{}{}}
}

// config is the TLS of a new connection. The hub's certificate is made anew
// when two thirds of its life are over.
func (h *handshakes) config(*tls.ClientHelloInfo) (*tls.Config, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ring, now := h.keys.Ring(), h.clock.Now()
	if ring.Current == nil {
		return nil, errors.New("there is no certificate authority yet")
	}
	if h.current != nil && h.fingerprint == ring.Fingerprint() &&
		now.Before(authority.RenewAt(h.current.Certificates[0].Leaf.NotAfter)) {
		return h.current, nil
	}
	own, err := ring.Current.Server(now)
	if err != nil {
		return nil, err
	}
	h.fingerprint = ring.Fingerprint()
	h.current = &tls.Config{
		MinVersion:   tls.VersionTLS13,
		NextProtos:   []string{"h2"},
		Certificates: []tls.Certificate{*own},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    ring.Pool(),
		Time:         h.clock.Now,
		// A resumed session would outlive the certificate that opened it.
		SessionTicketsDisabled: true,
	}
	return h.current, nil
}

// credentials are gRPC's view of it.
func (h *handshakes) credentials() credentials.TransportCredentials {
	return &guard{
		TransportCredentials: credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS13, GetConfigForClient: h.config}),
		handshakes:           h,
	}
}

// identify tells whose proxy is at the other end: by its certificate alone.
func identify(ctx context.Context, hub string) (providers.Ref, error) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return providers.Ref{}, errors.New("no peer")
	}
	info, ok := p.AuthInfo.(credentials.TLSInfo)
	if !ok || len(info.State.VerifiedChains) == 0 {
		return providers.Ref{}, errors.New("no verified certificate")
	}
	id, err := authority.IdentityOf(info.State.VerifiedChains[0][0])
	if err != nil {
		return providers.Ref{}, err
	}
	if id.Hub != hub {
		return providers.Ref{}, fmt.Errorf("this is hub %q, the proxy belongs to hub %q", hub, id.Hub)
	}
	return providers.Ref{Hub: id.Hub, Cluster: id.Cluster, Namespace: id.Namespace, Name: id.Gateway, UID: id.UID}, nil
}
