package upstream

import (
	"context"
	"net"
	"net/http"
	"time"
)

// ConnectError means that no connection could be made, so that no byte of the
// request was sent.
type ConnectError struct{ Err error }

// Error is the cause's text.
func (e *ConnectError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *ConnectError) Unwrap() error { return e.Err }

// Limits bound the connections to endpoints.
type Limits struct {
	// Connect is how long making a connection may take.
	Connect time.Duration
	// Response is how long an endpoint may take to begin its answer once it
	// has the request; 0 means for ever.
	Response time.Duration
	// Idle is how long an unused connection is kept.
	Idle time.Duration
	// IdlePerEndpoint and IdleTotal are how many unused connections are kept.
	IdlePerEndpoint, IdleTotal int
	// HeaderBytes bounds the header of a response.
	HeaderBytes int64
}

// DefaultLimits suit a proxy with one or two cores.
var DefaultLimits = Limits{
	Connect:         2 * time.Second,
	Response:        5 * time.Minute,
	Idle:            60 * time.Second,
	IdlePerEndpoint: 256,
	IdleTotal:       4096,
	HeaderBytes:     256 << 10,
}

// NewTransport makes the client that all requests to endpoints go through. It
// speaks HTTP/1.1, takes no proxy from the environment, leaves bodies as they
// are, and reports a connection that cannot be made as a ConnectError.
func NewTransport(l Limits) *http.Transport {
	dialer := &net.Dialer{Timeout: l.Connect, KeepAlive: 30 * time.Second}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, &ConnectError{err}
			}
			return conn, nil
		},
		Protocols:              protocols,
		DisableCompression:     true,
		MaxIdleConns:           l.IdleTotal,
		MaxIdleConnsPerHost:    l.IdlePerEndpoint,
		IdleConnTimeout:        l.Idle,
		MaxResponseHeaderBytes: l.HeaderBytes,
		ResponseHeaderTimeout:  l.Response,
		ExpectContinueTimeout:  time.Second,
		WriteBufferSize:        16 << 10,
		ReadBufferSize:         16 << 10,
	}
}
