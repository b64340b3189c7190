package member

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"

	fairway "fairway.dev/fairway/api/v1alpha1"
)

type metrics struct {
	events    *prometheus.CounterVec
	reachable *prometheus.GaugeVec
	synced    *prometheus.GaugeVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	labels := []string{"cluster"}
	m := &metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairway_member_endpoint_events_total",
			Help: "Changes of an exported service's endpoints that were taken from a member.",
		}, labels),
		reachable: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "fairway_member_reachable",
			Help: "1 while the member's API server answers.",
		}, labels),
		synced: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "fairway_member_synced",
			Help: "1 once everything that is watched in the member has been read.",
		}, labels),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.events, m.reachable, m.synced} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register member metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) observe(name string, s *state) {
	for condition, gauge := range map[string]*prometheus.GaugeVec{
		fairway.ConditionReachable: m.reachable,
		fairway.ConditionSynced:    m.synced,
	} {
		value := 0.0
		if meta.IsStatusConditionTrue(s.conditions, condition) {
			value = 1
		}
		gauge.WithLabelValues(name).Set(value)
	}
}

func (m *metrics) forget(name string) {
	m.events.DeleteLabelValues(name)
	m.reachable.DeleteLabelValues(name)
	m.synced.DeleteLabelValues(name)
}
