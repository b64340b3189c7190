package config

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	connected prometheus.Gauge
	opened    prometheus.Counter
	resources *prometheus.GaugeVec
	rejected  *prometheus.GaugeVec
	updates   *prometheus.CounterVec
}

func newMetrics(registry prometheus.Registerer) *metrics {
	byType := []string{"type"}
	m := &metrics{
		connected: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "fairway_proxy_config_connected",
			Help: "1 while the stream to the hub is open.",
		}),
		opened: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "fairway_proxy_config_connections_total",
			Help: "Streams to the hub that were opened.",
		}),
		resources: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "fairway_proxy_config_resources",
			Help: "Resources in force.",
		}, byType),
		rejected: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "fairway_proxy_config_rejected_resources",
			Help: "Resources whose latest version was refused.",
		}, byType),
		updates: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairway_proxy_config_updates_total",
			Help: "Resources that were put into or taken out of force.",
		}, byType),
	}
	registry.MustRegister(m.connected, m.opened, m.resources, m.rejected, m.updates)
	return m
}

func (m *metrics) report(typ string, resources, rejected, updates int) {
	label := shortType(typ)
	m.resources.WithLabelValues(label).Set(float64(resources))
	m.rejected.WithLabelValues(label).Set(float64(rejected))
	m.updates.WithLabelValues(label).Add(float64(updates))
}

// shortType is a type URL's last element: "Route".
func shortType(typ string) string { return typ[strings.LastIndexByte(typ, '/')+1:] }
