package server

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairway.dev/fairway/providers/ir"
)

// ledger knows which numbers there are.
type ledger struct {
	mu        sync.RWMutex
	series    map[seriesKey]*series
	byRoute   map[string][]seriesKey
	routes    map[string]*ir.Route
	listeners map[string]struct{}
}

func newLedger() ledger {
	return ledger{
		series: map[seriesKey]*series{}, byRoute: map[string][]seriesKey{},
		routes: map[string]*ir.Route{}, listeners: map[string]struct{}{},
	}
}

// seriesKey is what a request is booked under. Parts that it did not come to
// are empty.
type seriesKey struct{ listener, route, rule, pool string }

func (k seriesKey) labels() []string { return []string{k.listener, k.route, k.rule, k.pool} }

// classes are the code labels, by a status divided by 100.
var classes = [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}

// series are the numbers of one key. Those of a key that is not of the
// configuration any more count for nobody.
type series struct {
	metrics  *metrics
	key      seriesKey
	inFlight prometheus.Gauge
	rule     prometheus.Observer
	listener prometheus.Observer

	mu       sync.RWMutex
	detached bool
	codes    [len(classes)]prometheus.Counter
	failures prometheus.Counter
}

// begin books a request that has come so far, until end. x.series is its.
func (m *metrics) begin(x *exchange) {
	key := seriesKey{listener: x.match.Listener}
	if rule := x.match.Rule; rule != nil {
		key.route, key.rule = rule.Route, rule.Index
	}
	if x.backend != nil {
		key.pool = x.backend.Pool
	}
	m.mu.RLock()
	s := m.series[key]
	m.mu.RUnlock()
	if s == nil {
		s = m.add(key)
	}
	x.series = s
	s.inFlight.Inc()
}

func (m *metrics) add(key seriesKey) *series {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.series[key]; s != nil {
		return s
	}
	if !m.current(key) {
		// The request was matched just before the configuration changed.
		return &series{
			metrics: m, key: key, detached: true, inFlight: prometheus.NewGauge(prometheus.GaugeOpts{}),
			rule: nowhere, listener: nowhere,
		}
	}
	s := &series{
		metrics: m, key: key, inFlight: m.inFlight.WithLabelValues(key.labels()...),
		rule: nowhere, listener: m.durations.WithLabelValues(key.listener),
	}
	if key.route != "" {
		s.rule = m.ruleDurations.WithLabelValues(key.labels()...)
	}
	m.series[key] = s
	m.byRoute[key.route] = append(m.byRoute[key.route], key)
	return s
}

var nowhere = prometheus.ObserverFunc(func(float64) {})

// current reports whether a key is of the configuration. m.mu is held.
func (m *metrics) current(key seriesKey) bool {
	if _, is := m.listeners[key.listener]; !is && key.listener != "" {
		return false
	}
	return key.route == "" || has(m.routes[key.route], key)
}

// has reports whether a route still is on a key's listener, has its rule, and
// that its pool.
func has(r *ir.Route, key seriesKey) bool {
	i, err := strconv.Atoi(key.rule)
	if r == nil || err != nil || i >= len(r.Rules) {
		return false
	}
	if !slices.ContainsFunc(r.Attachments, func(a ir.Attachment) bool { return a.Listener == key.listener }) {
		return false
	}
	return key.pool == "" || slices.ContainsFunc(r.Rules[i].Backends, func(b ir.Backend) bool { return b.Pool == key.pool })
}

// end books that the request is over.
func (s *series) end(status int, took time.Duration) {
	s.inFlight.Dec()
	s.rule.Observe(took.Seconds())
	s.listener.Observe(took.Seconds())
	class := status / 100
	if class >= len(classes) {
		class = 0
	}
	counter(s, &s.codes[class], s.metrics.requests, append(s.key.labels(), classes[class])).Inc()
}

// connectFailed books that an endpoint accepted no connection.
func (s *series) connectFailed() {
	counter(s, &s.failures, s.metrics.connectFailures, s.key.labels()).Inc()
}

// counter is a counter that is made on first use.
func counter(s *series, at *prometheus.Counter, of *prometheus.CounterVec, labels []string) prometheus.Counter {
	s.mu.RLock()
	c := *at
	s.mu.RUnlock()
	if c != nil {
		return c
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if *at == nil {
		if s.detached {
			*at = prometheus.NewCounter(prometheus.CounterOpts{})
		} else {
			*at = of.WithLabelValues(labels...)
		}
	}
	return *at
}

// setRoute drops the numbers of what a route no longer has; nil means that
// the route is gone.
func (m *metrics) setRoute(name string, r *ir.Route) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r != nil {
		m.routes[name] = r
	} else {
		delete(m.routes, name)
	}
	m.sweep(name)
}

// setListener notes that there is a listener.
func (m *metrics) setListener(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.listeners[name] = struct{}{}
}

// removeListener drops a listener's numbers.
func (m *metrics) removeListener(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.listeners, name)
	for route := range m.byRoute {
		m.sweep(route)
	}
	m.durations.DeleteLabelValues(name)
}

// sweep drops the numbers of one route that are not of the configuration any
// more. m.mu is held.
func (m *metrics) sweep(route string) {
	left := slices.DeleteFunc(m.byRoute[route], func(key seriesKey) bool {
		if m.current(key) {
			return false
		}
		m.series[key].drop()
		delete(m.series, key)
		return true
	})
	if len(left) == 0 {
		delete(m.byRoute, route)
	} else {
		m.byRoute[route] = left
	}
}

func (s *series) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.detached = true
	labels := s.key.labels()
	for _, class := range classes {
		s.metrics.requests.DeleteLabelValues(append(labels, class)...)
	}
	s.metrics.inFlight.DeleteLabelValues(labels...)
	s.metrics.ruleDurations.DeleteLabelValues(labels...)
	s.metrics.connectFailures.DeleteLabelValues(labels...)
}
