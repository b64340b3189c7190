package alb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/idle"
)

// connectTimeout is how long a connection to a target, and then its TLS handshake, may take (HTTP 504 and HTTP 502,
// Troubleshoot).
const connectTimeout = 10 * time.Second

// maxResponseHeader is where a target's header becomes a 502 (HTTP 502, Troubleshoot).
const maxResponseHeader = 32 << 10

// errHandshake tells a TLS handshake that failed or took too long from a connection that did.
var errHandshake = errors.New("TLS handshake with the target")

// upstream is how targets are spoken to: HTTP/1.1 or HTTP/2 by the group's protocol version, TLS or not by its
// protocol. HTTP/2 without TLS begins at once, without an upgrade (Protocol version).
type upstream struct {
	timeout      func() time.Duration
	http1, http2 *http.Transport
}

func newUpstream(timeout func() time.Duration) *upstream {
	u := &upstream{timeout: timeout}
	u.http1 = u.transport("http/1.1", func(p *http.Protocols) { p.SetHTTP1(true) })
	u.http2 = u.transport("h2", func(p *http.Protocols) { p.SetHTTP2(true); p.SetUnencryptedHTTP2(true) })
	return u
}

func (u *upstream) transport(protocol string, set func(*http.Protocols)) *http.Transport {
	protocols := new(http.Protocols)
	set(protocols)
	return &http.Transport{
		Protocols:              protocols,
		DialContext:            u.dial,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    256,
		MaxResponseHeaderBytes: maxResponseHeader,
		ExpectContinueTimeout:  time.Second,
		DialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return u.dialTLS(ctx, network, address, protocol)
		},
	}
}

func (u *upstream) dial(ctx context.Context, network, address string) (net.Conn, error) {
	connection, err := (&net.Dialer{Timeout: connectTimeout}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return idle.Conn(connection, u.timeout()), nil
}

func (u *upstream) dialTLS(ctx context.Context, network, address, protocol string) (net.Conn, error) {
	plain, err := u.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	secure := tls.Client(plain, &tls.Config{
		// "The load balancer does not validate these certificates" (Routing configuration).
		InsecureSkipVerify: true,
		NextProtos:         []string{protocol},
	})
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", errHandshake, err), plain.Close())
	}
	return secure, nil
}

// to is the transport and URL scheme for a group's targets.
func (u *upstream) to(group *traffic.TargetGroup) (transport *http.Transport, scheme string) {
	transport, scheme = u.http1, "http"
	if group.ProtocolVersion == "HTTP2" || group.ProtocolVersion == "GRPC" {
		transport = u.http2
	}
	if group.Protocol == "HTTPS" {
		scheme = "https"
	}
	return transport, scheme
}

func (u *upstream) close() {
	u.http1.CloseIdleConnections()
	u.http2.CloseIdleConnections()
}
