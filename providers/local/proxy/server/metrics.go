package server

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are counted by listener, route, rule and pool, never by path or
// host: their number is bounded by the configuration, not by clients.
type metrics struct {
	requests        *prometheus.CounterVec
	durations       *prometheus.HistogramVec
	connectFailures *prometheus.CounterVec

	mu      sync.RWMutex
	series  map[seriesKey]prometheus.Counter
	byRoute map[string][]seriesKey
}

// seriesKey are the labels of one counter of requests.
type seriesKey struct {
	listener, route, rule, pool string
	class                       int // the status divided by 100
}

var requestLabels = []string{"listener", "route", "rule", "pool", "code"}

// classes are the code labels, by class.
var classes = [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}

func (k seriesKey) labels() []string {
	class := classes[0]
	if k.class < len(classes) {
		class = classes[k.class]
	}
	return []string{k.listener, k.route, k.rule, k.pool, class}
}

func newMetrics(registry prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairway_proxy_requests_total",
			Help: "Requests that are over, by the rule and pool that served them and the class of their status.",
		}, requestLabels),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "fairway_proxy_request_duration_seconds",
			Help:    "Time from a request's header to the end of its response.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"listener"}),
		connectFailures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairway_proxy_upstream_connect_failures_total",
			Help: "Connections to endpoints that could not be made.",
		}, []string{"pool"}),
		series:  map[seriesKey]prometheus.Counter{},
		byRoute: map[string][]seriesKey{},
	}
	registry.MustRegister(m.requests, m.durations, m.connectFailures)
	return m
}

// request books a request that is over.
func (m *metrics) request(x *exchange, took time.Duration) {
	key := seriesKey{listener: x.match.Listener, class: x.status / 100}
	if rule := x.match.Rule; rule != nil {
		key.route, key.rule = rule.Route, rule.Index
	}
	if x.backend != nil {
		key.pool = x.backend.Pool
	}
	m.mu.RLock()
	counter := m.series[key]
	m.mu.RUnlock()
	if counter == nil {
		counter = m.add(key)
	}
	counter.Inc()
	m.durations.WithLabelValues(key.listener).Observe(took.Seconds())
}

func (m *metrics) add(key seriesKey) prometheus.Counter {
	m.mu.Lock()
	defer m.mu.Unlock()
	if counter := m.series[key]; counter != nil {
		return counter
	}
	counter := m.requests.WithLabelValues(key.labels()...)
	m.series[key] = counter
	m.byRoute[key.route] = append(m.byRoute[key.route], key)
	return counter
}

// forget drops the counters of a route that is gone, so that routes that come
// and go leave nothing behind.
func (m *metrics) forget(route string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range m.byRoute[route] {
		m.requests.DeleteLabelValues(key.labels()...)
		delete(m.series, key)
	}
	delete(m.byRoute, route)
}

func (m *metrics) connectFailure(pool string) {
	m.connectFailures.WithLabelValues(pool).Inc()
}
