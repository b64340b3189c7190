package server

import (
	"github.com/prometheus/client_golang/prometheus"
)

// metrics are counted by listener, route, rule and pool, never by path or
// host: their number is bounded by the configuration, not by clients, and
// what leaves the configuration leaves no number behind.
type metrics struct {
	requests        *prometheus.CounterVec
	inFlight        *prometheus.GaugeVec
	ruleDurations   *prometheus.HistogramVec
	connectFailures *prometheus.CounterVec
	durations       *prometheus.HistogramVec
	refused         prometheus.Counter
	handshakes      prometheus.Counter

	ledger
}

var ruleLabels = []string{"listener", "route", "rule", "pool"}

func newMetrics(registry prometheus.Registerer, connections *gauge) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairway_proxy_requests_total",
			Help: "Requests that are over, by the rule and pool that served them and the class of their status.",
		}, append(ruleLabels, "code")),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "fairway_proxy_requests_in_flight",
			Help: "Requests under way, by the rule and pool that serve them.",
		}, ruleLabels),
		// Few buckets: there may be thousands of rules.
		ruleDurations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "fairway_proxy_rule_request_duration_seconds",
			Help:    "Time from a request's header to the end of its response, by the rule and pool that served it.",
			Buckets: []float64{.005, .025, .1, .5, 2.5, 10},
		}, ruleLabels),
		connectFailures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairway_proxy_upstream_connect_failures_total",
			Help: "Connections to endpoints that could not be made.",
		}, ruleLabels),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "fairway_proxy_request_duration_seconds",
			Help:    "Time from a request's header to the end of its response.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"listener"}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairway_proxy_connections_refused_total",
			Help: "Connections of clients that were closed at once because there were too many.",
		}),
		handshakes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairway_proxy_tls_handshake_failures_total",
			Help: "TLS handshakes of clients that failed.",
		}),
		ledger: newLedger(),
	}
	registry.MustRegister(m.requests, m.inFlight, m.ruleDurations, m.connectFailures, m.durations, m.refused, m.handshakes,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "fairway_proxy_connections",
			Help: "Connections of clients that are open.",
		}, func() float64 { return float64(connections.n.Load()) }))
	return m
}
