package gateway

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

func named(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }

const routeName = "HTTPRoute/n/r"

func TestAVerdictIsSaidOfTheObjectThatItIsAbout(t *testing.T) {
	r := newRoom(t)
	r.must()
	r.routeSays("Accepted", "True", "Accepted", "the route is attached")
	r.p.verdicts = []plan.Verdict{{Subject: plan.Rule(routeName, 0), Service: plan.Refused, Message: "there are 100 rules; remove one"}}
	r.must()
	r.routeSays("Accepted", "False", "UnsupportedValue", "spec.rules[0]: there are 100 rules; remove one")
	r.p.verdicts = []plan.Verdict{{Subject: plan.Pool(pool), Service: plan.Refused, Message: "its ports differ"}}
	r.must()
	r.routeSays("ResolvedRefs", "False", "UnsupportedValue", "backend "+pool+": its ports differ")
	r.p.verdicts = []plan.Verdict{{Subject: plan.Listener("http"), Service: plan.Refused, Reason: "PortUnavailable", Message: "port 80 is taken"}}
	r.must()
	r.routeSays("ResolvedRefs", "True", "ResolvedRefs", "all references are resolved")
	r.says("Programmed", "False", "Pending", "listener http: port 80 is taken")
	r.p.verdicts = nil
	r.must()
	r.says("Programmed", "True", "Programmed", "the load balancer serves this generation")
}

func TestAFailedStepIsSaidOfWhatItServes(t *testing.T) {
	r := newRoom(t)
	r.must()
	full := &providers.Error{Kind: providers.Quota, Message: "the account has 100 rules; ask for more"}
	r.p.steps = []plan.Step{
		{ID: "a", Serves: []plan.Subject{plan.Pool(pool)}},
		{ID: "b", DependsOn: []string{"a"}, Serves: []plan.Subject{plan.Rule(routeName, 0)}},
	}
	r.p.outcomes = []plan.Outcome{{Step: "a", Err: full}, {Step: "b"}}
	r.p.fail = full
	r.edit(func(gw *gatewayv1.Gateway) { gw.Spec.Listeners[0].Hostname = new(gatewayv1.Hostname("a.example")) })
	result, err := r.try()
	if err != nil || result.RequeueAfter != 2*time.Minute {
		t.Errorf("%v, %v", result, err)
	}
	r.routeSays("ResolvedRefs", "False", "UnsupportedValue", "backend "+pool+": the account has 100 rules; ask for more")
	r.routeSays("Accepted", "False", "UnsupportedValue", "spec.rules[0]: the account has 100 rules; ask for more")
	r.says("Programmed", "False", "NoResources", "the account has 100 rules; ask for more")
}

func TestFailuresLeaveOtherStepsAlone(t *testing.T) {
	p := plan.Plan{Steps: []plan.Step{
		{ID: "good", Serves: []plan.Subject{"rule/r/0"}}, {ID: "bad", Serves: []plan.Subject{"rule/r/1"}},
		{ID: "blames", Serves: []plan.Subject{"pool/p"}},
		{ID: "after bad", DependsOn: []string{"bad"}, Serves: []plan.Subject{"rule/r/2"}},
		{ID: "waits", Serves: []plan.Subject{"rule/r/3"}}, {ID: "after waits", DependsOn: []string{"waits"}, Serves: []plan.Subject{"rule/r/4"}},
	}}
	got := failures(p, []plan.Outcome{{Step: "good", Done: true}, {Step: "bad", Err: errors.New("x")}, {Step: "after bad"},
		{Step: "blames", Err: &providers.Error{Kind: providers.Invalid, Message: "m", Subject: "certificate/c"}},
		{Step: "waits", Err: &providers.Error{Kind: providers.Pending}}, {Step: "after waits"}})
	if got["certificate/c"].Message != "m" || got["pool/p"].Message != "m" {
		t.Errorf("%+v", got)
	}
	if len(got) != 4 || got["rule/r/1"].Message == "" || got["rule/r/2"] != got["rule/r/1"] {
		t.Errorf("%+v", got)
	}
}

func TestALoadBalancerThatCannotBeLookedAtStaysAsItWasSeen(t *testing.T) {
	r := newRoom(t)
	r.must()
	r.says("Programmed", "True", "Programmed", "the load balancer serves this generation")
	r.p.blind = &providers.Error{Kind: providers.Denied, Message: "the role may not describe; allow it"}
	r.must()
	r.says("Programmed", "True", "Programmed", "the load balancer served this generation when last seen; but it cannot be looked at now: the role may not describe; allow it")
	if len(r.gateway().Status.Addresses) != 1 {
		t.Error("its address was dropped")
	}
	r.p.blind = &providers.Error{Kind: providers.Pending}
	r.must()
	r.says("Programmed", "True", "Programmed", "the load balancer served this generation when last seen; but it cannot be looked at now")
	r.p.blind = &providers.Error{Kind: providers.Denied, Message: "the role may not describe; allow it"}
	r.edit(func(gw *gatewayv1.Gateway) { gw.Spec.Listeners[0].Hostname = new(gatewayv1.Hostname("a.example")) })
	r.must()
	r.says("Programmed", "False", "Pending", "the role may not describe; allow it")
}

func TestAStalePlanIsMadeAnewAtOnceAndNotForEver(t *testing.T) {
	r := newRoom(t)
	r.p.fail = &providers.Error{Kind: providers.Stale}
	var waits []time.Duration
	for range 16 {
		result, err := r.try()
		if err != nil {
			t.Fatal(err)
		}
		waits = append(waits, result.RequeueAfter)
	}
	if waits[0] != time.Millisecond || !slices.IsSorted(waits) || waits[15] != waits[14] || waits[15] < 5*time.Second {
		t.Errorf("waits %v", waits)
	}
}

func TestLoadBalancersThatComeAndGoAreNoticed(t *testing.T) {
	r := newRoom(t)
	r.must()
	if got := <-r.events.Events; got != "Normal LoadBalancerCreated provider local has begun a load balancer" {
		t.Error(got)
	}
	if err := r.client.Delete(t.Context(), r.gateway()); err != nil {
		t.Fatal(err)
	}
	r.must()
	if got := <-r.events.Events; got != "Normal LoadBalancerDeleted nothing is left of the load balancer of provider local" {
		t.Error(got)
	}
}

func endpointsIn(zone string) []ir.Endpoint {
	return []ir.Endpoint{{Address: "10.0.0.1", Zone: zone, Serving: true}}
}

func TestLocalitiesOfASilentMemberAreThoseLastSeen(t *testing.T) {
	r := newRoom(t)
	r.Endpoints = endpointMap{pool: {{Cluster: "east", Known: true, Endpoints: endpointsIn("e1")}, {Cluster: "west"}}}
	r.p.pools = []providers.PoolObservation{{Name: pool, Clusters: []ir.ClusterEndpoints{{Cluster: "east", Endpoints: endpointsIn("e0")}, {Cluster: "west", Endpoints: endpointsIn("w1")}}}}
	r.must()
	want := []ir.Locality{{Cluster: "east", Zone: "e1"}, {Cluster: "west", Zone: "w1"}}
	if got := r.p.served[""].Pools[0].Localities; !slices.Equal(got, want) {
		t.Errorf("localities %v, want %v", got, want)
	}
}

func TestNothingIsDeletedForAMembersSilence(t *testing.T) {
	p := plan.Plan{Steps: []plan.Step{
		{ID: "group", Op: plan.Delete, Serves: []plan.Subject{plan.Pool("silent")}},
		{ID: "after", Op: plan.Update, DependsOn: []string{"group"}},
		{ID: "other", Op: plan.Delete, Serves: []plan.Subject{plan.Pool("known")}},
		{ID: "unwished", Op: plan.Delete, Serves: []plan.Subject{plan.Pool("gone")}},
		{ID: "change", Op: plan.Update, Serves: []plan.Subject{plan.Pool("silent")}},
	}}
	source := endpointMap{"silent": {{Cluster: "east"}}, "known": {{Cluster: "east", Known: true}}, "gone": {{Cluster: "east"}}}
	wish := &ir.LoadBalancer{Pools: []ir.BackendPool{{Name: "known"}, {Name: "silent"}}}
	kept, held := hold(p, wish, source)
	var ids []string
	for _, s := range kept.Steps {
		ids = append(ids, s.ID)
	}
	if !slices.Equal(ids, []string{"other", "unwished", "change"}) || len(held) != 2 {
		t.Errorf("kept %v, held %v", ids, held)
	}
	if kept, held := hold(p, nil, source); len(kept.Steps) != len(p.Steps) || len(held) != 0 {
		t.Error("taking everything down is held back")
	}
}

func TestWhatChangedWhileNobodyLookedIsCaughtUpWith(t *testing.T) {
	r := newRoom(t)
	at := func(cluster string, known bool, addresses ...string) ir.ClusterEndpoints {
		c := ir.ClusterEndpoints{Cluster: cluster, Known: known}
		for _, a := range addresses {
			c.Endpoints = append(c.Endpoints, ir.Endpoint{Address: a, Serving: true})
		}
		return c
	}
	r.Endpoints = endpointMap{pool: {at("east", true, "10.0.0.2"), at("north", true, "10.1.0.1"), at("south", true), at("west", false)}}
	r.p.pools = []providers.PoolObservation{{Name: pool,
		Clusters: []ir.ClusterEndpoints{at("east", true, "10.0.0.1"), at("gone", true, "10.9.0.1"), at("west", true, "10.2.0.1")},
		Unsorted: []ir.Endpoint{{Address: "10.1.0.1", Serving: true}}}}
	r.must()
	if want := []ir.ClusterEndpoints{at("east", true, "10.0.0.2"), at("gone", true)}; !ir.Equal(r.p.synced, want) {
		t.Errorf("synced %+v, want %+v", r.p.synced, want)
	}
	calls := len(r.p.calls)
	r.p.pools[0].Clusters, r.p.pools[0].Unsorted = []ir.ClusterEndpoints{at("east", true, "10.0.0.2"), at("north", true, "10.1.0.1"), at("west", true, "10.2.0.1")}, nil
	r.must()
	if len(r.p.calls) != calls {
		t.Errorf("calls %v: nothing had changed", r.p.calls[calls:])
	}
}

func TestAMemberThatWasNotReadYetKeepsWhatItHas(t *testing.T) {
	r := newRoom(t)
	at := func(cluster string, addresses ...string) ir.ClusterEndpoints {
		c := ir.ClusterEndpoints{Cluster: cluster, Known: true}
		for _, a := range addresses {
			c.Endpoints = append(c.Endpoints, ir.Endpoint{Address: a, Zone: cluster + "1", Serving: true})
		}
		return c
	}
	r.Silent = func() []string { return []string{"idle", "quiet"} }
	r.Endpoints = endpointMap{pool: {at("east", "10.0.0.1")}}
	r.p.pools = []providers.PoolObservation{{Name: pool, Clusters: []ir.ClusterEndpoints{at("east", "10.0.0.1"), at("gone", "10.9.0.1"), at("quiet", "10.2.0.1")}}}
	result, err := r.try()
	if err != nil || result.RequeueAfter != withheld {
		t.Errorf("%v, %v: it is to be looked at again", result, err)
	}
	if want := []ir.ClusterEndpoints{at("gone")}; !ir.Equal(r.p.synced, want) {
		t.Errorf("synced %+v, want %+v", r.p.synced, want)
	}
	want := []ir.Locality{{Cluster: "east", Zone: "east1"}, {Cluster: "quiet", Zone: "quiet1"}}
	if got := r.p.served[""].Pools[0].Localities; !slices.Equal(got, want) {
		t.Errorf("localities %v, want %v", got, want)
	}
	if err := r.feed(t.Context(), r.users(echo)[0], "quiet"); err != nil || r.p.synced[0].Known {
		t.Errorf("fed %+v, %v", r.p.synced, err)
	}
	// What no cluster is noted of may be the quiet one's.
	r.p.synced = nil
	r.p.pools = []providers.PoolObservation{{Name: pool, Clusters: []ir.ClusterEndpoints{at("east", "10.0.0.1")}, Unsorted: []ir.Endpoint{{Address: "10.2.0.1", Serving: true}}}}
	r.must()
	if len(r.p.synced) != 0 {
		t.Errorf("synced %+v", r.p.synced)
	}
	r.Silent = nil
	r.must()
	if len(r.p.synced) != 1 || r.p.synced[0].Cluster != "east" || r.p.handed.Clusters[0].Endpoints[1].Address != "10.2.0.1" {
		t.Errorf("synced %+v: what is nobody's is left", r.p.synced)
	}
}

func TestAnotherClassOfOursTakesTheOldEntriesWithIt(t *testing.T) {
	other := &gatewayv1.GatewayClass{ObjectMeta: named("cloud"), Spec: gatewayv1.GatewayClassSpec{ControllerName: "fairway.dev/cloud"}}
	for _, restarted := range []bool{false, true} {
		r := newRoom(t, other.DeepCopy())
		cloud := &scripted{name: "cloud", served: map[providers.Location]*ir.LoadBalancer{}}
		r.Providers["cloud"] = cloud
		r.must()
		r.routeSays("Accepted", "True", "Accepted", "the route is attached")
		r.edit(func(gw *gatewayv1.Gateway) { gw.Spec.GatewayClassName = "cloud" })
		if restarted {
			r.restart()
		}
		r.must()
		r.wait(func() string {
			route := &gatewayv1.HTTPRoute{}
			if err := r.client.Get(t.Context(), request("r").NamespacedName, route); err != nil {
				return err.Error()
			}
			if p := route.Status.Parents; len(p) != 1 || p[0].ControllerName != "fairway.dev/cloud" {
				return fmt.Sprintf("parents %+v", p)
			}
			return ""
		})
	}
}

func TestEndpointsThatNeedAnotherStructureHaveItMadeAtOnce(t *testing.T) {
	r := newRoom(t)
	r.Endpoints = endpointMap{pool: {{Cluster: "east", Known: true, Endpoints: endpointsIn("e1")}}}
	r.p.pools = []providers.PoolObservation{{Name: pool}}
	r.p.syncErr = &providers.Error{Kind: providers.Stale}
	if result, err := r.try(); err != nil || result.RequeueAfter != time.Millisecond {
		t.Errorf("%v, %v", result, err)
	}
}
