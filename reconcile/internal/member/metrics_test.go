package member

import (
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"k8s.io/apimachinery/pkg/types"

	fairway "fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/reconcile/internal/endpoints"
)

// numbers are the samples of a registry by metric and member.
func numbers(t *testing.T, from prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := from.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			all[f.GetName()+" "+m.GetLabel()[0].GetName()+"="+m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return all
}

func TestMetricsOfAMember(t *testing.T) {
	registry := prometheus.NewRegistry()
	p, _, _ := runningWith(t, registry)
	a := newAPIServer(t, "10.1.0.1")
	to := at(a)
	p.aim("east", to)
	p.aim("west", at(newAPIServer(t, "10.2.0.1")))
	expect := func(when string, want map[string]float64) {
		t.Helper()
		got := numbers(t, registry)
		for name, value := range want {
			if v, there := got["fairway_member_"+name+" cluster=east"]; !there || v != value {
				t.Errorf("%s: %s is %v (%t), want %v", when, name, v, there, value)
			}
		}
	}
	eventually(t, "both are synced", func() bool {
		return isSynced(p)() && strings.HasPrefix(known(p, "west", fairway.ConditionSynced), "True")
	})
	expect("synced", map[string]float64{"reachable": 1, "synced": 1, "services": 1, "endpoints": 1, "endpoint_events_total": 1})
	confirmed := numbers(t, registry)["fairway_member_synced_timestamp_seconds cluster=east"]
	if confirmed == 0 {
		t.Error("when it was last synced is not told")
	}

	if !p.options.Store.Set(endpoints.Service("shop", "web"), "east", endpoints.Ports{}) {
		t.Fatal("the store did not take it")
	}
	if err := p.readService(t.Context(), "east", p.connection("east"), types.NamespacedName{Namespace: "shop", Name: "web"}); err != nil {
		t.Fatal(err)
	}
	expect("after a change", map[string]float64{"endpoint_events_total": 2})

	probed, down := make(chan struct{}), refuse(http.StatusServiceUnavailable, "ServiceUnavailable", "down")
	a.breaks("/version", func(w http.ResponseWriter, r *http.Request) {
		select {
		case probed <- struct{}{}:
		case <-r.Context().Done():
		}
		down(w, r)
	})
	to.locality.Network = "elsewhere" // has the session look at once
	p.aim("east", to)
	<-probed
	eventually(t, "it is lost", func() bool { return strings.HasPrefix(known(p, "east", fairway.ConditionReachable), "False") })
	eventually(t, "that is counted", func() bool { return testutil.ToFloat64(p.metrics.reachable.WithLabelValues("east")) == 0 })
	expect("lost", map[string]float64{"reachable": 0, "synced": 0, "services": 1, "endpoints": 1})
	last := numbers(t, registry)["fairway_member_synced_timestamp_seconds cluster=east"]
	for range 2 {
		p.sessions["east"].poke()
		<-probed
	}
	if now := numbers(t, registry)["fairway_member_synced_timestamp_seconds cluster=east"]; last < confirmed || now != last {
		t.Errorf("it was synced at %v, at %v when it was lost, and is said to be at %v", confirmed, last, now)
	}

	p.remove("east")
	west := 0
	for name := range numbers(t, registry) {
		if strings.HasSuffix(name, "=east") {
			t.Errorf("of the member that left there still is %s", name)
		} else {
			west++
		}
	}
	if west != 6 {
		t.Errorf("of the member that stayed there are %d numbers, want 6", west)
	}
}
