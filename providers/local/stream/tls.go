package stream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
	"k8s.io/utils/clock"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/local/authority"
)

// serverTLS is TLS 1.3 with a certificate of ca's on both ends. The hub's is
// replaced in time, at a handshake: streams that are open do not notice.
func serverTLS(ca *authority.Authority, clock clock.PassiveClock) (*tls.Config, error) {
	own := &certificate{ca: ca, clock: clock}
	if _, err := own.get(nil); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS13,
		GetCertificate: own.get,
		ClientAuth:     tls.RequireAndVerifyClientCert,
		ClientCAs:      ca.Pool(),
		Time:           clock.Now,
		// A resumed session would outlive the certificate that opened it.
		SessionTicketsDisabled: true,
	}, nil
}

// certificate is the hub's own, made anew when two thirds of its life are
// over.
type certificate struct {
	ca    *authority.Authority
	clock clock.PassiveClock

	mu      sync.Mutex
	current *tls.Certificate
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	if c.current != nil && now.Before(authority.RenewAt(c.current.Leaf.NotAfter)) {
		return c.current, nil
	}
	made, err := c.ca.Server(now)
	if err != nil {
		return nil, err
	}
	c.current = made
	return made, nil
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
