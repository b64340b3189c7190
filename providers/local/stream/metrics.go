package stream

import (
	"errors"
	"fmt"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/prometheus/client_golang/prometheus"
)

// metrics count what the streams carry. The label type is "Certificate",
// "Endpoints", "Route" or "Listener".
type metrics struct {
	sent, removed, responses, nacks *prometheus.CounterVec
	connected                       prometheus.Gauge
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{"type"})
		for k := range kinds {
			c.WithLabelValues(k.String())
		}
		return c
	}
	m := &metrics{
		sent:      counter("fairway_stream_resources_sent_total", "Resources sent to proxies, counted once for each proxy."),
		removed:   counter("fairway_stream_resources_removed_total", "Removals of resources sent to proxies, counted once for each proxy."),
		responses: counter("fairway_stream_responses_total", "Responses sent to proxies."),
		nacks:     counter("fairway_stream_nacks_total", "Responses that a proxy refused in whole or in part."),
		connected: prometheus.NewGauge(prometheus.GaugeOpts{Name: "fairway_stream_connected", Help: "Proxies connected now."}),
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.sent, m.removed, m.responses, m.nacks, m.connected} {
		errs = append(errs, registerer.Register(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("register the stream's metrics: %w", err)
	}
	return m, nil
}

func (m *metrics) count(k kind, r *discovery.DeltaDiscoveryResponse) {
	m.responses.WithLabelValues(k.String()).Inc()
	m.sent.WithLabelValues(k.String()).Add(float64(len(r.Resources)))
	m.removed.WithLabelValues(k.String()).Add(float64(len(r.RemovedResources)))
}
