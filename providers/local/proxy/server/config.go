// Package server is the proxy's running part: it binds listeners, serves
// requests through an engine by what routing and upstream decide, and answers
// probes and metrics.
package server

import (
	"io"
	"log/slog"
	"net/netip"
	"time"

	"fairway.dev/fairway/providers/local/proxy/upstream"
)

// Config is how a Server runs. Every limit is explicit; DefaultConfig has
// good ones.
type Config struct {
	// BindAddress is the address that listeners bind, without a port; empty
	// means all.
	BindAddress string
	// HeaderBytes bounds the header of a request.
	HeaderBytes int
	// BodyBytes bounds the body of a request; 0 means no bound. Bodies are
	// passed on as they come, so that their size costs the proxy nothing.
	BodyBytes int64
	// HeaderTimeout is how long a client may take for the TLS handshake, and
	// again for sending a header.
	HeaderTimeout time.Duration
	// IdleTimeout is how long a client's unused connection is kept.
	IdleTimeout time.Duration
	// StallTimeout is how long a client may send nothing of a body that is
	// waited for, or take nothing of an answer; 0 means for ever. The former
	// counts until the answer begins: what streams both ways may be silent.
	StallTimeout time.Duration
	// DrainTimeout is how long requests, upgraded connections among them, may
	// go on after their listener is gone or the proxy is told to stop.
	DrainTimeout time.Duration
	// Connections is how many client connections there may be; those beyond
	// are closed at once. 0 means no bound.
	Connections int
	// Streams is how many requests one HTTP/2 connection may have under way.
	Streams int
	// TrustedProxies are the addresses whose X-Forwarded-* headers are
	// believed and added to. From others they are replaced.
	TrustedProxies []netip.Prefix
	// Retries is how many further endpoints are tried when one accepts no
	// connection.
	Retries int
	// Upstream bounds the connections to endpoints.
	Upstream upstream.Limits
	// AccessLog takes one line per request; nil means none.
	AccessLog io.Writer
	// AccessLogFormat is how the lines are written.
	AccessLogFormat Format
	// Log takes what operators should know.
	Log *slog.Logger
}

// DefaultConfig has the defaults, with no access log.
func DefaultConfig() Config {
	return Config{
		HeaderBytes:     64 << 10,
		HeaderTimeout:   10 * time.Second,
		IdleTimeout:     2 * time.Minute,
		StallTimeout:    2 * time.Minute,
		DrainTimeout:    25 * time.Second,
		Connections:     16384,
		Streams:         128,
		Retries:         2,
		Upstream:        upstream.DefaultLimits,
		AccessLogFormat: JSON,
		Log:             slog.New(slog.DiscardHandler),
	}
}
