package multicluster

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/e2e/install"
)

// bill is what something cost: counts by what was counted, those of 0 left out.
type bill map[string]float64

// sends adds what it costs to send one resource to each of the proxies: as the hub counts it, and as
// each proxy does. No proxy gets more than that.
func (b bill) sends(kind string, proxies int) {
	b["sent "+kind] = float64(proxies)
	for i := range proxies {
		b[fmt.Sprintf("proxy %d put in force %s", i, kind)] = 1
	}
}

func (b bill) mustBe(t *testing.T, cause string, want bill) {
	t.Helper()
	t.Logf("%s: counted %v", cause, b)
	if !reflect.DeepEqual(b, want) {
		t.Errorf("%s: wanted %v", cause, want)
	}
}

// reading is the state of all counters.
type reading struct {
	counts bill
	// rounds is how often the hub has looked at a Gateway.
	rounds float64
}

func (r reading) since(before reading) bill {
	cost := bill{}
	for name, count := range r.counts {
		if d := count - before.counts[name]; d != 0 {
			cost[name] = d
		}
	}
	return cost
}

// settled returns the counters once everything that the test has done so far has been dealt with.
//
// The hub is asked to look at the Gateway again, twice, each time waiting for a round. The first of
// these may have been under way before; the second has seen all that was there before the first.
func (s *site) settled() reading {
	s.t.Helper()
	for range 2 {
		rounds := s.read().rounds
		s.update(stack.Hub, &gatewayv1.Gateway{ObjectMeta: s.meta(s.gateway.Name)}, func(o client.Object) {
			annotations := o.GetAnnotations()
			if annotations == nil {
				annotations = map[string]string{}
			}
			annotations["fairway.dev/reconcile-at"] = strconv.Itoa(int(rounds))
			o.SetAnnotations(annotations)
		})
		s.eventually("the hub looks at the Gateway again", func(ctx context.Context) error {
			metrics, err := stack.HubMetrics(ctx)
			if err != nil {
				return err
			}
			if now := metrics.Sum(roundsMetric); now <= rounds {
				return fmt.Errorf("%v rounds, as before", now)
			}
			return nil
		})
	}
	return s.read()
}

const roundsMetric = "fairway_gateway_reconciles_total"

func (s *site) read() reading {
	s.t.Helper()
	hub, err := stack.HubMetrics(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	proxies, err := stack.ProxyMetrics(s.t.Context(), s.gateway)
	if err != nil {
		s.t.Fatal(err)
	}
	counts := bill{}
	counts.add("translated routes", hub, "fairway_routes_translated_total", "")
	counts.add("sent", hub, "fairway_stream_resources_sent_total", "type")
	counts.add("removed", hub, "fairway_stream_resources_removed_total", "type")
	counts.add("provider", hub, "fairway_provider_calls_total", "verb")
	counts.add("write", hub, "fairway_api_writes_total", "resource")
	// A lease is renewed with time, whatever happens. To observe is, at this provider, to look into
	// the hub's caches: it is done in every round and calls no one.
	delete(counts, "write leases")
	delete(counts, "provider observe")
	for _, member := range stack.Members {
		server, err := member.Metrics(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		// Only the hub writes to exports of its own accord.
		for _, verb := range []string{"PUT", "PATCH", "APPLY"} {
			counts["write to "+member.Name()] += server.Sum("apiserver_request_total", "resource", "serviceexports", "verb", verb)
		}
	}
	for i, pod := range slices.Sorted(maps.Keys(proxies)) {
		counts.add(fmt.Sprintf("proxy %d put in force", i), proxies[pod], "fairway_proxy_config_updates_total", "type")
	}
	return reading{counts: counts, rounds: hub.Sum(roundsMetric)}
}

// add adds the counters of a name, one for each value of the label.
func (b bill) add(what string, metrics install.Metrics, name, label string) {
	for _, metric := range metrics[name].GetMetric() {
		key := what
		for _, pair := range metric.GetLabel() {
			if pair.GetName() == label {
				key += " " + pair.GetValue()
			}
		}
		b[key] += metric.GetCounter().GetValue()
	}
}

// proxyCount is how many proxies the Gateway has.
func (s *site) proxyCount() int {
	s.t.Helper()
	return len(s.proxyNames(s.gateway.Name))
}
