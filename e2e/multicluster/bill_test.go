package multicluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
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

// settled returns the counters once everything that the test has done so far has been dealt with, by
// every proxy: a Gateway is Programmed with the first that is ready.
//
// The hub is asked to look at the Gateway again, twice, each time waiting for a round. The first of
// these may have been under way before; the second has seen all that was there before the first.
func (s *site) settled() reading {
	s.t.Helper()
	s.eventually("every proxy is ready", func(ctx context.Context) error {
		var all appsv1.DeploymentList
		err := stack.Hub.Client.List(ctx, &all, client.InNamespace(s.gateway.Namespace),
			client.MatchingLabels{gatewayv1.GatewayNameLabelKey: s.gateway.Name})
		if err != nil {
			return err
		}
		if len(all.Items) == 0 {
			return errors.New("no Deployment of them is there")
		}
		for _, d := range all.Items {
			if d.Status.ReadyReplicas < *d.Spec.Replicas {
				return fmt.Errorf("%d of %d are", d.Status.ReadyReplicas, *d.Spec.Replicas)
			}
		}
		return nil
	})
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

// touch changes nothing but the metadata of an object, and waits until the hub's controllers of these
// names have looked again.
func (r *room) touch(cluster *install.Cluster, kind schema.GroupVersionKind, key client.ObjectKey, controllers ...string) {
	r.t.Helper()
	before, err := stack.HubMetrics(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	object := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
	object.SetGroupVersionKind(kind)
	r.update(cluster, object, func(o client.Object) {
		annotations := maps.Clone(o.GetAnnotations())
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations["e2e.fairway.dev/touched-at"] = time.Now().Format(time.RFC3339Nano)
		o.SetAnnotations(annotations)
	})
	r.eventually(fmt.Sprintf("the hub's %v look again at the %s %s", controllers, kind.Kind, key), func(ctx context.Context) error {
		after, err := stack.HubMetrics(ctx)
		if err != nil {
			return err
		}
		for _, name := range controllers {
			was := before.Sum(reconcilesMetric, "controller", name)
			if is := after.Sum(reconcilesMetric, "controller", name); is <= was {
				return fmt.Errorf("%v rounds of %s, as before", is, name)
			}
		}
		return nil
	})
}

// reconcilesMetric is controller-runtime's own, by controller.
const reconcilesMetric = "controller_runtime_reconcile_total"

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
	counts.add("translated routes", hub, "fairway_routes_translated_total")
	counts.add("sent", hub, "fairway_stream_resources_sent_total", "type")
	counts.add("removed", hub, "fairway_stream_resources_removed_total", "type")
	counts.add("provider", hub, "fairway_provider_calls_total", "verb")
	counts.add("request", hub, "fairway_api_requests_total", "method", "resource")
	// The lease is read and renewed with time, whatever happens. To observe is, at this provider, to
	// look into the hub's caches: it is done in every round and, as the requests show, calls no one.
	// The counts in a MemberCluster's status are written with time, too.
	for _, all := range []string{"request GET leases", "request PUT leases", "request PUT memberclusters/status", "provider observe"} {
		delete(counts, all)
	}
	for _, member := range stack.Members {
		server, err := member.Metrics(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		// Only the hub writes the exports' status; the rest of them is the test's own.
		for _, verb := range []string{"PUT", "PATCH", "APPLY"} {
			counts["write to "+member.Name()] += server.Sum("apiserver_request_total", "resource", "serviceexports", "subresource", "status", "verb", verb)
		}
	}
	for i, pod := range slices.Sorted(maps.Keys(proxies)) {
		counts.add(fmt.Sprintf("proxy %d put in force", i), proxies[pod], "fairway_proxy_config_updates_total", "type")
	}
	return reading{counts: counts, rounds: hub.Sum(roundsMetric)}
}

// add adds the counters of a name, one for each combination of the labels' values.
func (b bill) add(what string, metrics install.Metrics, name string, labels ...string) {
	for _, metric := range metrics[name].GetMetric() {
		key := what
		for _, pair := range metric.GetLabel() {
			if slices.Contains(labels, pair.GetName()) {
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
