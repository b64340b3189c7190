package status

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/conditions"
	"fairway.dev/fairway/reconcile/internal/translate"
)

const shop, cart = "HTTPRoute/n/shop", "HTTPRoute/n/cart"

func twoRoutes() (*ir.LoadBalancer, []*translate.RouteReport) {
	sends := func(pool string) ir.Rule { return ir.Rule{Backends: []ir.Backend{{Pool: pool}}} }
	lb := &ir.LoadBalancer{Routes: []*ir.Route{
		{Name: cart, Rules: []ir.Rule{sends("b")}},
		{Name: shop, Rules: []ir.Rule{sends("a"), sends("b"), sends("a")}},
	}}
	report := func(name string, places ...int) *translate.RouteReport {
		return &translate.RouteReport{Key: types.NamespacedName{Namespace: "n", Name: name}, Rules: places}
	}
	// Of shop the rule at place 1 was dropped in translation.
	return lb, []*translate.RouteReport{report("cart", 0), report("shop", 0, 2, 3)}
}

func refused(subjects ...plan.Subject) []plan.Verdict {
	var all []plan.Verdict
	for _, s := range subjects {
		all = append(all, plan.Verdict{Subject: s, Service: plan.Refused, Reason: "No", Message: "no"})
	}
	return all
}

func TestRefusalsAreSortedByTheRouteThatSaysThem(t *testing.T) {
	lb, reports := twoRoutes()
	for name, c := range map[string]struct {
		verdicts   []plan.Verdict
		shop, cart RouteRefusal
	}{
		"one rule":          {refused(plan.Rule(shop, 1)), RouteRefusal{Rules: "Dropped Rule: spec.rules[2]: no"}, RouteRefusal{}},
		"two rules":         {refused(plan.Rule(shop, 0), plan.Rule(shop, 2)), RouteRefusal{Rules: "Dropped Rule: spec.rules[0]: no; spec.rules[3]: no"}, RouteRefusal{}},
		"every rule":        {refused(plan.Rule(cart, 0)), RouteRefusal{}, RouteRefusal{Whole: "spec.rules[0]: no"}},
		"a route":           {refused(plan.Route(shop)), RouteRefusal{Whole: "no"}, RouteRefusal{}},
		"a pool":            {refused(plan.Pool("b")), RouteRefusal{Refs: "backend b: no"}, RouteRefusal{Refs: "backend b: no"}},
		"what is not there": {refused(plan.Rule(shop, 7), plan.Route("HTTPRoute/n/x"), plan.Pool("x"), "rule/x"), RouteRefusal{}, RouteRefusal{}},
		"what is offloaded": {[]plan.Verdict{{Subject: plan.Rule(shop, 0), Service: plan.Offloaded, Message: "m"}}, RouteRefusal{}, RouteRefusal{}},
	} {
		got := Refused(lb, reports, c.verdicts, nil)
		if got.Routes[shop] != c.shop || got.Routes[cart] != c.cart {
			t.Errorf("%s: %+v", name, got.Routes)
		}
	}
}

func TestARefusedRuleIsAddedToWhatTranslationSays(t *testing.T) {
	report := &translate.RouteReport{Parents: []translate.ParentReport{
		{Conditions: []metav1.Condition{conditions.RouteAccepted(), conditions.RouteResolvedRefs(), conditions.RoutePartiallyInvalid("Dropped Rule: one")}},
		{Conditions: []metav1.Condition{conditions.RouteNotAccepted(gatewayv1.RouteReasonNoMatchingParent, "m"), conditions.RouteResolvedRefs()}},
	}}
	got := Refuse(report, RouteRefusal{Rules: "Dropped Rule: two", Refs: "backend b: no"})
	first := got.Parents[0].Conditions
	if c := find(t, first, "PartiallyInvalid"); c.Message != "Dropped Rule: one; Dropped Rule: two" {
		t.Errorf("%+v", c)
	}
	if c := find(t, first, "ResolvedRefs"); c.Status != "False" || c.Message != "backend b: no" || len(first) != 3 {
		t.Errorf("%+v", first)
	}
	if c := find(t, got.Parents[1].Conditions, "Accepted"); c.Reason != string(gatewayv1.RouteReasonNoMatchingParent) {
		t.Errorf("%+v", c)
	}
	got = Refuse(report, RouteRefusal{Whole: "none"})
	if c := find(t, got.Parents[0].Conditions, "Accepted"); c.Status != "False" || c.Message != "none" || meta.FindStatusCondition(got.Parents[0].Conditions, "PartiallyInvalid") != nil {
		t.Errorf("%+v", got.Parents[0])
	}
	if len(report.Parents[0].Conditions) != 3 || report.Parents[0].Conditions[0].Status != "True" {
		t.Error("the report itself was changed")
	}
}

func TestWhatAProviderSaysOfAListener(t *testing.T) {
	address := []ir.Address{{Type: ir.IPAddress, Value: "198.18.0.1"}}
	listener := ir.Listener{Name: "http", Port: 80, Certificates: []string{"n/cert"}}
	serving := providers.ListenerState{Name: "http", Programmed: true, Hash: ir.Hash(listener)}
	older := serving
	older.Hash = ir.Hash(ir.Listener{Name: "http", Port: 79})
	for name, c := range map[string]struct {
		state           providers.ListenerState
		refusals        Refusals
		reason, message string
	}{
		"serving":          {serving, Refusals{}, "Programmed", "the load balancer serves the listener"},
		"an older version": {older, Refusals{}, "Pending", "the load balancer serves an earlier version of it"},
		"refused":          {serving, Refusals{Listeners: map[string]Refusal{"http": {"PortUnavailable", "port 80 is taken"}}}, "PortUnavailable", "port 80 is taken"},
		"without a reason": {serving, Refusals{Listeners: map[string]Refusal{"http": {"", "no"}}}, "Invalid", "no"},
		"its certificate":  {serving, Refusals{Certificates: map[string]Refusal{"n/cert": {"TooBig", "the key is too big"}}}, "Invalid", "certificate n/cert: the key is too big"},
	} {
		in := seen(providers.Observation{Addresses: address, Listeners: []providers.ListenerState{c.state}})
		in.Result.LoadBalancer.Listeners = []ir.Listener{listener}
		in.Result.Listeners[0].Conditions = append(in.Result.Listeners[0].Conditions, conditions.ListenerResolvedRefs())
		in.Refusals = c.refusals
		var g gatewayv1.GatewayStatus
		Gateway(&g, at(1), in)
		if got := find(t, g.Listeners[0].Conditions, "Programmed"); got.Reason != c.reason || got.Message != c.message {
			t.Errorf("%s: %+v", name, got)
		}
		resolved := find(t, g.Listeners[0].Conditions, "ResolvedRefs")
		if bad := resolved.Reason == string(gatewayv1.ListenerReasonInvalidCertificateRef); bad != (name == "its certificate") {
			t.Errorf("%s: %+v", name, resolved)
		}
	}
}

func TestWhatALoadBalancerWaitsFor(t *testing.T) {
	address := []ir.Address{{Type: ir.IPAddress, Value: "198.18.0.1"}}
	for name, c := range map[string]struct {
		in              Seen
		reason, message string
	}{
		"an operation": {seen(providers.Observation{InFlight: &providers.Operation{Name: "operation-1", Since: at(0).Time}}), "AddressNotAssigned",
			"the provider is carrying out operation-1, begun at 1970-01-01 00:00:00 UTC"},
		"an address":      {seen(providers.Observation{Waiting: "198.18.9.9 is not ours; choose another", WaitingReason: "AddressNotUsable"}), "AddressNotUsable", "198.18.9.9 is not ours; choose another"},
		"words":           {seen(providers.Observation{Addresses: address, Waiting: "no proxy is ready"}), "Pending", "no proxy is ready"},
		"nothing special": {seen(providers.Observation{}), "AddressNotAssigned", "waiting for an address"},
		"trouble": {Seen{Generation: 2, Result: seen(providers.Observation{}).Result, Trouble: "the address is taken; choose another", Reason: gatewayv1.GatewayReasonAddressNotUsable},
			"AddressNotUsable", "the address is taken; choose another"},
	} {
		var g gatewayv1.GatewayStatus
		Gateway(&g, at(1), c.in)
		if got := find(t, g.Conditions, "Programmed"); got.Reason != c.reason || got.Message != c.message {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAGatewayThatMovesKeepsItsAddressUntilItHasTheNew(t *testing.T) {
	old := []gatewayv1.GatewayStatusAddress{{Value: "198.18.0.1"}}
	g := gatewayv1.GatewayStatus{Addresses: old}
	moving := seen(providers.Observation{})
	moving.Moving = true
	Gateway(&g, at(1), moving)
	if c := find(t, g.Conditions, "Programmed"); len(g.Addresses) != 1 || c.Reason != "AddressNotAssigned" {
		t.Errorf("addresses %v, %+v", g.Addresses, c)
	}
	moving.Observation.Addresses = []ir.Address{{Value: "198.18.0.2"}}
	Gateway(&g, at(1), moving)
	if len(g.Addresses) != 1 || g.Addresses[0].Value != "198.18.0.2" {
		t.Errorf("addresses %v", g.Addresses)
	}
}

// A condition's message takes 32,768 bytes, whatever a provider says.
func TestMessagesOfManyRefusalsFitACondition(t *testing.T) {
	lb := &ir.LoadBalancer{Routes: []*ir.Route{{Name: "HTTPRoute/n/r"}}}
	failed := map[plan.Subject]Refusal{}
	for i := range 300 {
		pool := fmt.Sprintf("Service/n/s%03d/80", i)
		lb.Routes[0].Rules = append(lb.Routes[0].Rules, ir.Rule{Backends: []ir.Backend{{Pool: pool, Weight: 1}}})
		failed[plan.Pool(pool)] = Refusal{"Failed", strings.Repeat("ü", 5000)}
		failed[plan.Rule("HTTPRoute/n/r", i)] = Refusal{"Failed", strings.Repeat("x", 5000)}
	}
	r := Refused(lb, nil, nil, failed).Routes["HTTPRoute/n/r"]
	for _, m := range []string{r.Refs, r.Whole} {
		if len(m) == 0 || len(m) > 32768 || !utf8.ValidString(m) || !strings.Contains(m, "and 295 more") {
			t.Errorf("a message of %d bytes: %.100s", len(m), m)
		}
	}
}
