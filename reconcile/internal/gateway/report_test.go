package gateway

import (
	"errors"
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/status"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// What is written into a Gateway's status has no round of its own, whoever writes it; and what somebody
// else writes there is put right.
func TestAStatusCallsForNoRound(t *testing.T) {
	r := newRoom(t)
	before := r.gateway()
	r.must()
	if !r.concerns(event.UpdateEvent{ObjectOld: before, ObjectNew: r.gateway()}) {
		t.Error("the placements that were written call for a round, until they are known")
	}
	r.says("Accepted", "True", "Accepted", "the Gateway can be served")
	before = r.gateway()
	foreign := r.gateway()
	meta.SetStatusCondition(&foreign.Status.Conditions, metav1.Condition{Type: "Accepted", Status: metav1.ConditionFalse, Reason: "Foreign", Message: "m"})
	if err := r.client.Status().Update(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	if r.concerns(event.UpdateEvent{ObjectOld: before, ObjectNew: foreign}) {
		t.Error("a status calls for a round")
	}
	r.says("Accepted", "True", "Accepted", "the Gateway can be served")

	for name, change := range map[string]func(*gatewayv1.Gateway){
		"the specification": func(gw *gatewayv1.Gateway) { gw.Generation++ },
		"an annotation":     func(gw *gatewayv1.Gateway) { gw.Annotations = map[string]string{"a": "b"} },
		"a finalizer":       func(gw *gatewayv1.Gateway) { gw.Finalizers = nil },
		"another Gateway":   func(gw *gatewayv1.Gateway) { gw.UID = "2" },
	} {
		changed := r.gateway()
		changed.ResourceVersion = "999999"
		change(changed)
		if !r.concerns(event.UpdateEvent{ObjectOld: r.gateway(), ObjectNew: changed}) {
			t.Errorf("%s calls for no round", name)
		}
	}
	if now := r.gateway(); !r.concerns(event.UpdateEvent{ObjectOld: now, ObjectNew: now}) {
		t.Error("what the cache says again calls for no round")
	}
}

// While what a Gateway had here cannot be taken down, its status may be another controller's: what it
// was told before is not told again, and what is in the way is told once a round.
func TestAGatewayThatGoesIsNotHeldToItsStatus(t *testing.T) {
	r := newRoom(t)
	r.must()
	r.must()
	r.says("Accepted", "True", "Accepted", "the Gateway can be served")
	class := &gatewayv1.GatewayClass{}
	if err := r.client.Get(t.Context(), client.ObjectKey{Name: "fairway"}, class); err != nil {
		t.Fatal(err)
	}
	class.Spec.ControllerName = "example.com/other"
	if err := r.client.Update(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	r.p.fail = errors.New("in the way")
	_, _ = r.try()
	r.wait(func() string {
		if c := meta.FindStatusCondition(r.gateway().Status.Conditions, "Programmed"); c == nil || c.Status != metav1.ConditionFalse {
			return fmt.Sprintf("what is in the way is not told: %+v", c)
		}
		return ""
	})

	before := r.gateway()
	foreign := r.gateway()
	for _, kind := range []string{"Accepted", "Programmed"} {
		meta.SetStatusCondition(&foreign.Status.Conditions, metav1.Condition{Type: kind, Status: metav1.ConditionTrue, Reason: "Foreign", Message: "m"})
	}
	if err := r.client.Status().Update(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	if r.concerns(event.UpdateEvent{ObjectOld: before, ObjectNew: foreign}) {
		t.Error("its status calls for a round")
	}
	// What was wished for before is written with this, or before it.
	statuswriter.Wish(r.Writer, foreign, "marker", func(g *gatewayv1.Gateway) {
		meta.SetStatusCondition(&g.Status.Conditions, metav1.Condition{Type: "Marker", Status: metav1.ConditionTrue, Reason: "Written", Message: "m"})
	})
	r.says("Marker", "True", "Written", "m")
	for _, kind := range []string{"Accepted", "Programmed"} {
		if wrong := differs(meta.FindStatusCondition(r.gateway().Status.Conditions, kind), kind, "True", "Foreign", "m"); wrong != "" {
			t.Error(wrong)
		}
	}
}

// Only routes whose report or refusal is another one have a status wished for.
func TestOnlyReportsThatDifferAreToldAnew(t *testing.T) {
	type reports = []*translate.RouteReport
	report := func(name string) *translate.RouteReport {
		return &translate.RouteReport{Key: gather.Key{Namespace: "n", Name: name}}
	}
	a, b, c, d := report("a"), report("b"), report("c"), report("d")
	refused := map[string]status.RouteRefusal{c.Fragment(): {Whole: "no"}}
	otherwise := map[string]status.RouteRefusal{c.Fragment(): {Whole: "never"}}
	for name, x := range map[string]struct {
		before, now          reports
		refusedBefore, isNow map[string]status.RouteRefusal
		gone, changed        string
	}{
		"nothing":                      {reports{a, b, c}, reports{a, b, c}, nil, nil, "", ""},
		"the first round":              {nil, reports{a, b}, nil, nil, "", "ab"},
		"one comes":                    {reports{a, c}, reports{a, b, c}, nil, nil, "", "b"},
		"one goes":                     {reports{a, b, c}, reports{a, c}, nil, nil, "b", ""},
		"one is another":               {reports{a, b, c}, reports{a, report("b"), c}, nil, nil, "", "b"},
		"changes far apart":            {reports{a, b, c}, reports{b, c, d}, nil, nil, "a", "d"},
		"one is refused":               {reports{a, c}, reports{a, c}, nil, refused, "", "c"},
		"a new one is refused":         {reports{a}, reports{a, c}, nil, refused, "", "c"},
		"one is refused otherwise":     {reports{a, c}, reports{a, c}, refused, otherwise, "", "c"},
		"one is refused still":         {reports{a, c}, reports{a, b, c}, refused, refused, "", "b"},
		"one is refused no longer":     {reports{a, c}, reports{a, c}, refused, nil, "", "c"},
		"a refused one goes":           {reports{a, c}, reports{a}, refused, nil, "c", ""},
		"a refused one was never here": {reports{a}, reports{a}, nil, refused, "", ""},
	} {
		gone, changed := compareReports(x.before, x.now, x.refusedBefore, x.isNow)
		names := [2]string{}
		for _, key := range gone {
			names[0] += key.Name
		}
		for _, r := range changed {
			names[1] += r.Key.Name
		}
		if names != [2]string{x.gone, x.changed} {
			t.Errorf("%s: gone and changed are %q, want %q and %q", name, names, x.gone, x.changed)
		}
	}
}
