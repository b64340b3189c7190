package status

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/conditions"
	"fairway.dev/fairway/reconcile/internal/translate"
)

func at(second int64) metav1.Time { return metav1.NewTime(time.Unix(second, 0)) }

func find(t *testing.T, all []metav1.Condition, kind string) metav1.Condition {
	t.Helper()
	for _, c := range all {
		if c.Type == kind {
			return c
		}
	}
	t.Fatalf("no condition %s in %v", kind, all)
	return metav1.Condition{}
}

func seen(o providers.Observation) Seen {
	return Seen{Generation: 2, Observation: o, Result: &translate.Result{
		LoadBalancer: &ir.LoadBalancer{}, Gateway: []metav1.Condition{conditions.GatewayAccepted()},
		Listeners: []translate.ListenerReport{{Name: "http", Valid: true, AttachedRoutes: 3,
			Conditions: []metav1.Condition{conditions.ListenerAccepted()}}},
	}}
}

func TestProgrammedIsSaidOnlyOfWhatServesAndHasAnAddress(t *testing.T) {
	address := []ir.Address{{Type: ir.IPAddress, Value: "198.18.0.1"}}
	serving := []providers.ListenerState{{Name: "http", Programmed: true}}
	starting := []providers.ListenerState{{Name: "http", Message: "1 of 2 ready proxies has not acknowledged it yet"}}
	for name, c := range map[string]struct {
		in     Seen
		status metav1.ConditionStatus
		reason gatewayv1.GatewayConditionReason
	}{
		"all well":              {seen(providers.Observation{Addresses: address, Listeners: serving}), "True", gatewayv1.GatewayReasonProgrammed},
		"no address":            {seen(providers.Observation{Listeners: serving}), "False", gatewayv1.GatewayReasonAddressNotAssigned},
		"listener not served":   {seen(providers.Observation{Addresses: address, Listeners: starting}), "False", gatewayv1.GatewayReasonPending},
		"listener not observed": {seen(providers.Observation{Addresses: address}), "False", gatewayv1.GatewayReasonPending},
	} {
		var g gatewayv1.GatewayStatus
		Gateway(&g, at(1), c.in)
		got := find(t, g.Conditions, "Programmed")
		if got.Status != c.status || got.Reason != string(c.reason) || got.ObservedGeneration != 2 || got.Message == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestARefusedListenerNamesTheConditionThatTellsWhy(t *testing.T) {
	for want, all := range map[string][]metav1.Condition{
		"Accepted": {conditions.ListenerNotAccepted(gatewayv1.ListenerReasonPortUnavailable, "no"), conditions.ListenerNoConflicts(), conditions.ListenerResolvedRefs()},
		"ResolvedRefs": {conditions.ListenerAccepted(), conditions.ListenerNoConflicts(),
			conditions.ListenerUnresolvedRefs(gatewayv1.ListenerReasonInvalidCertificateRef, "no")},
	} {
		in := seen(providers.Observation{})
		in.Result.Listeners = []translate.ListenerReport{{Name: "http", Conditions: all}}
		var g gatewayv1.GatewayStatus
		Gateway(&g, at(1), in)
		got := find(t, g.Listeners[0].Conditions, "Programmed")
		if got.Reason != "Invalid" || got.Message != "the listener cannot be served; its condition "+want+" says why, and what to do" {
			t.Errorf("%s: %+v", want, got)
		}
	}
}

func TestSteadyKeepsProgrammedOfTheSameGenerationOnly(t *testing.T) {
	var g gatewayv1.GatewayStatus
	Gateway(&g, at(1), seen(providers.Observation{Addresses: []ir.Address{{Value: "a"}}, Listeners: []providers.ListenerState{{Name: "http", Programmed: true}}}))
	away := seen(providers.Observation{})
	away.Steady = true
	Gateway(&g, at(2), away)
	if c := find(t, g.Conditions, "Programmed"); c.Status != "True" || !c.LastTransitionTime.Equal(new(at(1))) {
		t.Errorf("while the proxies are being found again: %+v", c)
	}
	if len(g.Addresses) != 1 {
		t.Error("the address was dropped while nothing was observed")
	}
	was := g.DeepCopy()
	down := away
	down.Observation.Listeners = []providers.ListenerState{{Name: "http", Down: true, Message: "no proxy is ready"}}
	Gateway(was, at(3), down)
	if c := find(t, was.Conditions, "Programmed"); c.Status != "False" || c.Message != "listener http: no proxy is ready" {
		t.Errorf("with no proxy left: %+v", c)
	}
	away.Generation = 3
	Gateway(&g, at(3), away)
	if c := find(t, g.Conditions, "Programmed"); c.Status != "False" {
		t.Errorf("a new generation passes as programmed: %+v", c)
	}
}

func TestGatewayStatusKeepsForeignConditions(t *testing.T) {
	g := gatewayv1.GatewayStatus{Conditions: []metav1.Condition{{Type: "example.com/Audited", Status: "True"}}}
	Gateway(&g, at(1), seen(providers.Observation{}))
	before := g.DeepCopy()
	Gateway(&g, at(9), seen(providers.Observation{}))
	find(t, g.Conditions, "example.com/Audited")
	if !equality.Semantic.DeepEqual(before, &g) {
		t.Error("the same round gives another status: it would be written for nothing")
	}
}

func TestRouteStatusKeepsWhatIsNotOurs(t *testing.T) {
	ref := func(name string) gatewayv1.ParentReference {
		return gatewayv1.ParentReference{Name: gatewayv1.ObjectName(name)}
	}
	entry := func(controller, gw string) gatewayv1.RouteParentStatus {
		return gatewayv1.RouteParentStatus{ControllerName: gatewayv1.GatewayController(controller), ParentRef: ref(gw)}
	}
	r := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "r"}}
	r.Spec.ParentRefs = []gatewayv1.ParentReference{ref("web"), ref("api"), ref("foreign")}
	r.Status.Parents = []gatewayv1.RouteParentStatus{entry("other/x", "foreign"), entry("fairway.dev/local", "stale"), entry("fairway.dev/local", "api"), entry("fairway.dev/local", "web")}
	report := &translate.RouteReport{Generation: 4, Parents: []translate.ParentReport{{Ref: ref("web"), Conditions: []metav1.Condition{conditions.RouteAccepted()}}}}

	web := types.NamespacedName{Namespace: "n", Name: "web"}
	Route(r, at(1), "fairway.dev/local", web, report)
	var got []string
	for _, p := range r.Status.Parents {
		got = append(got, string(p.ControllerName)+" "+string(p.ParentRef.Name))
	}
	want := []string{"other/x foreign", "fairway.dev/local api", "fairway.dev/local web"}
	if !equality.Semantic.DeepEqual(got, want) {
		t.Errorf("parents are %q, want %q", got, want)
	}
	if c := find(t, r.Status.Parents[2].Conditions, "Accepted"); c.ObservedGeneration != 4 {
		t.Errorf("accepted: %+v", c)
	}

	Route(r, at(2), "fairway.dev/local", web, nil)
	if len(r.Status.Parents) != 2 {
		t.Errorf("after the Gateway let go: %v", r.Status.Parents)
	}
}
