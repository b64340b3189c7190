package server

import (
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"fairway.dev/fairway/providers/local/proxy/request"
	"fairway.dev/fairway/providers/local/proxy/route"
	"fairway.dev/fairway/providers/local/proxy/upstream"
)

// core decides what happens to requests and keeps the books. Engines share
// it.
type core struct {
	table    *route.Table
	pools    *upstream.Pools
	retries  int
	metrics  *metrics
	access   *accessLog // nil without one
	draining atomic.Bool
	random   func(uint64) uint64
	log      *slog.Logger
}

func newCore(c Config, m *metrics) *core {
	return &core{
		table:   route.New(),
		pools:   upstream.NewPools(),
		retries: c.Retries,
		metrics: m,
		random:  rand.Uint64N,
		log:     c.Log,
	}
}

// exchange is one request and what became of it.
type exchange struct {
	start    time.Time
	port     uint16
	client   string // address and port
	protocol string
	request  request.Request
	match    route.Match
	backend  *route.Backend     // nil when none was chosen
	endpoint *upstream.Endpoint // the last one tried
	status   int
	bytes    int64 // of the response's body
	cause    error // why the proxy itself answered
	aborted  bool  // the response was cut off
}

// decide finds out what to do with a request. It gives a redirect's location,
// or leaves the backend in x, or gives the error to answer with.
func (c *core) decide(x *exchange) (location string, err error) {
	r := &x.request
	if r.Method == "CONNECT" {
		return "", errConnect
	}
	if r.Path, err = request.CanonicalPath(r.RawPath); err != nil {
		return "", &cause{status: 400, text: err.Error()}
	}
	x.match = c.table.Match(x.port, r)
	rule := x.match.Rule
	if rule == nil {
		return "", errNoRoute
	}
	if d := rule.Filters.Redirect; d != nil {
		x.status = d.Status
		return d.Location(r, x.port, x.match.Elements), nil
	}
	x.backend = rule.Choose(c.random)
	if x.backend == nil || x.backend.Pool == "" {
		return "", errNoBackend
	}
	if d := x.backend.Filters.Redirect; d != nil {
		x.status = d.Status
		return d.Location(r, x.port, x.match.Elements), nil
	}
	return "", nil
}

// finish books an exchange that is over.
func (c *core) finish(x *exchange) {
	took := time.Since(x.start)
	c.metrics.request(x, took)
	if c.access != nil {
		c.access.write(x, took)
	}
}
