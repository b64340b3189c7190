package alb

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/rule"
)

// Listener serves a port of a load balancer, on as many sockets as that has addresses.
type Listener struct {
	balancer *Balancer
	server   *http.Server
	settings atomic.Pointer[listenerSettings]
	mu       sync.Mutex // over the making of settings
}

// listenerSettings are a listener's configuration and rules at one moment.
type listenerSettings struct {
	config   traffic.Listener
	table    *rule.Table
	names    headerNames
	response []headerValue
	// hideServer drops the Server header of the load balancer's own answers.
	hideServer bool
	tls        *tls.Config // nil without TLS; for HTTP/2 and for HTTP/1.1 alone
	tlsHTTP1   *tls.Config
}

// NewListener makes a listener with its default rule alone.
func NewListener(b *Balancer, config traffic.Listener) (*Listener, error) {
	l := &Listener{balancer: b}
	if err := l.SetConfig(config); err != nil {
		return nil, err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	l.server = &http.Server{
		Handler:   l,
		Protocols: protocols,
		// Larger than AWS's limit, which is then answered in AWS's way.
		MaxHeaderBytes: 8 * maxHeaders,
		// Of connections that wait for a request; those under way follow the attribute as it changes.
		IdleTimeout:       b.settings.Load().idle,
		ReadHeaderTimeout: b.settings.Load().idle,
		// "You can send up to 128 requests in parallel using one HTTP/2 connection" (Listener configuration).
		HTTP2:       &http.HTTP2Config{MaxConcurrentStreams: 128},
		ConnContext: rememberConnection,
		ErrorLog:    b.quiet,
		TLSConfig:   &tls.Config{GetConfigForClient: l.tlsConfig},
	}
	return l, nil
}

// SetConfig replaces all but the rules. The protocol stays as it was when the listener was made: a change of it is
// another listener.
func (l *Listener) SetConfig(config traffic.Listener) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.settings.Load()
	if before == nil {
		before = &listenerSettings{table: &rule.Table{}}
	}
	table, err := before.table.WithDefault(config.DefaultActions)
	if err != nil {
		return err
	}
	a := config.Attributes
	next := &listenerSettings{
		config:     config,
		table:      table,
		names:      namesOf(a),
		response:   responseHeaders(a),
		hideServer: !a.Bool("routing.http.response.server.enabled", true),
	}
	if config.Protocol == "HTTPS" {
		next.tls = l.newTLSConfig(config, "h2", "http/1.1")
		next.tlsHTTP1 = l.newTLSConfig(config, "http/1.1")
	}
	l.settings.Store(next)
	return nil
}

// SetRules adds or replaces rules.
func (l *Listener) SetRules(rules ...traffic.Rule) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := *l.settings.Load()
	table, err := next.table.With(rules...)
	if err != nil {
		return err
	}
	next.table = table
	l.settings.Store(&next)
	return nil
}

// RemoveRules takes rules away.
func (l *Listener) RemoveRules(arns ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := *l.settings.Load()
	next.table = next.table.Without(arns...)
	l.settings.Store(&next)
}

// Open takes requests at an address until the listener or what it returns is closed.
func (l *Listener) Open(at netip.AddrPort) (io.Closer, error) {
	socket, err := net.Listen("tcp", at.String())
	if err != nil {
		return nil, err
	}
	serve := l.server.Serve
	if l.settings.Load().tls != nil {
		serve = func(socket net.Listener) error { return l.server.ServeTLS(socket, "", "") }
	}
	go func() {
		if err := serve(socket); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			l.balancer.world.Log.Error("the listener ended", "listener", l.settings.Load().config.ARN, "err", err)
		}
	}()
	return socket, nil
}

// Close closes the sockets and all connections: requests under way are cut.
func (l *Listener) Close() error { return l.server.Close() }

// connection is what is known of a client's connection.
type connection struct{ since time.Time }

type connectionKey struct{}

func rememberConnection(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, connection{since: time.Now()})
}
