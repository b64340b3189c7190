// Package server is the proxy's running part: it binds listeners, serves
// requests through an engine by what routing and upstream decide, and answers
// probes and metrics.
package server

import (
	"io"
	"log/slog"
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
	// HeaderTimeout is how long a client may take to send a header.
	HeaderTimeout time.Duration
	// IdleTimeout is how long a client's unused connection is kept.
	IdleTimeout time.Duration
	// DrainTimeout is how long requests may go on after their listener is
	// gone or the proxy is told to stop.
	DrainTimeout time.Duration
	// Retries is how many further endpoints are tried when one accepts no
	// connection.
	Retries int
	// Upstream bounds the connections to endpoints.
	Upstream upstream.Limits
	// AccessLog takes one line of JSON per request; nil means none.
	AccessLog io.Writer
	// Log takes what operators should know.
	Log *slog.Logger
}

// DefaultConfig has the defaults, with no access log.
func DefaultConfig() Config {
	return Config{
		HeaderBytes:   64 << 10,
		HeaderTimeout: 10 * time.Second,
		IdleTimeout:   120 * time.Second,
		DrainTimeout:  25 * time.Second,
		Retries:       2,
		Upstream:      upstream.DefaultLimits,
		Log:           slog.New(slog.DiscardHandler),
	}
}
