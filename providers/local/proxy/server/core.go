package server

import (
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairway.dev/fairway/providers/local/proxy/certificate"
	"fairway.dev/fairway/providers/local/proxy/request"
	"fairway.dev/fairway/providers/local/proxy/route"
	"fairway.dev/fairway/providers/local/proxy/upstream"
)

// core decides what happens to requests and keeps the books. Engines share
// it.
type core struct {
	table        *route.Table
	pools        *upstream.Pools
	certificates *certificate.Store
	connections  gauge
	retries      int
	bodyBytes    int64
	trusted      []netip.Prefix
	metrics      *metrics
	access       *accessLog // nil without one
	draining     atomic.Bool
	random       func(uint64) uint64
	log          *slog.Logger
}

func newCore(c Config, registry prometheus.Registerer) *core {
	core := &core{
		table:        route.New(),
		pools:        upstream.NewPools(),
		certificates: certificate.NewStore(),
		connections:  gauge{limit: int64(c.Connections)},
		retries:      c.Retries,
		bodyBytes:    c.BodyBytes,
		trusted:      c.TrustedProxies,
		random:       rand.Uint64N,
		log:          c.Log,
	}
	core.metrics = newMetrics(registry, &core.connections)
	if c.AccessLog != nil {
		core.access = newAccessLog(c.AccessLog, c.AccessLogFormat)
	}
	return core
}

// exchange is one request and what became of it.
type exchange struct {
	start    time.Time
	port     uint16
	client   string // address and port
	protocol string
	// trusted is true when the client's X-Forwarded-* headers are believed;
	// forwardedFor is what it says of addresses then.
	trusted      bool
	forwardedFor string
	request      request.Request
	length       int64 // of the request's body; -1 when it is not told before
	match        route.Match
	backend      *route.Backend     // nil when none was chosen
	endpoint     *upstream.Endpoint // the last one tried
	status       int
	bytes        int64 // of the response's body
	cause        error // why the proxy itself answered
	aborted      bool  // the response was cut off
	series       *series
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
	if c.bodyBytes > 0 && x.length > c.bodyBytes {
		return "", errLargeBody
	}
	x.match = c.table.Match(x.port, r)
	if x.match.Misdirected {
		return "", errMisdirected
	}
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

// begin books an exchange that was decided on.
func (c *core) begin(x *exchange) { c.metrics.begin(x) }

// finish books an exchange that is over.
func (c *core) finish(x *exchange) {
	took := time.Since(x.start)
	x.series.end(x.status, took)
	if c.access != nil {
		c.access.write(x, took)
	}
}
