package member

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"

	fairway "fairway.dev/fairway/api/v1alpha1"
)

// metrics are by member; those of a member that left are gone.
type metrics struct {
	events    *prometheus.CounterVec
	reachable *prometheus.GaugeVec
	synced    *prometheus.GaugeVec
	confirmed *prometheus.GaugeVec
	services  *prometheus.GaugeVec
	endpoints *prometheus.GaugeVec
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	labels := []string{"cluster"}
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "fairway_member_" + name, Help: help}, labels)
	}
	m := &metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairway_member_endpoint_events_total",
			Help: "Changes of an exported service's endpoints that were taken from a member.",
		}, labels),
		reachable: gauge("reachable", "1 while the member's API server answers."),
		synced:    gauge("synced", "1 while everything that is watched in the member has been read and is followed."),
		confirmed: gauge("synced_timestamp_seconds", "When the member was last seen to be synced, in Unix time: time() less it is the age of what is known."),
		services:  gauge("services", "Services that the member exports."),
		endpoints: gauge("endpoints", "Pods behind the services that the member exports, counted once for each service."),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range m.all() {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("register member metrics: %w", err)
		}
	}
	return m, nil
}

// byMember is a metric with a member's name as its label.
type byMember interface {
	prometheus.Collector
	DeleteLabelValues(...string) bool
}

func (m *metrics) all() []byMember {
	return []byMember{m.events, m.reachable, m.synced, m.confirmed, m.services, m.endpoints}
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
	m.services.WithLabelValues(name).Set(float64(s.services))
	m.endpoints.WithLabelValues(name).Set(float64(s.endpoints))
}

// confirm notes that a member is synced now.
func (m *metrics) confirm(name string) { m.confirmed.WithLabelValues(name).SetToCurrentTime() }

func (m *metrics) forget(name string) {
	for _, of := range m.all() {
		of.DeleteLabelValues(name)
	}
}
