package local

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// Routes that come and go have no object worked out anew; all that an object shows has.
func TestOneDrawingServesWhateverRoutesComeAndGo(t *testing.T) {
	d := newDrawings()
	draw := func(yaml string, change func(*ir.LoadBalancer)) *drawing {
		b := blueprintOf(t, web, yaml)
		if change != nil {
			change(b.wish)
		}
		return d.draw(b, parameters(t, yaml), true)
	}
	first := draw("", nil)
	if draw("", func(lb *ir.LoadBalancer) {
		lb.Routes = append(lb.Routes, &ir.Route{Name: "HTTPRoute/n/more"})
		lb.Pools = append(lb.Pools, ir.BackendPool{Name: "more"})
	}) != first {
		t.Error("a route has the objects drawn anew")
	}
	for name, change := range map[string]func(*ir.LoadBalancer){
		"a listener":    func(lb *ir.LoadBalancer) { lb.Listeners[0].Port = 81 },
		"a label":       func(lb *ir.LoadBalancer) { lb.Labels = map[string]string{"a": "b"} },
		"an annotation": func(lb *ir.LoadBalancer) { lb.Annotations = map[string]string{"a": "b"} },
		"an address":    func(lb *ir.LoadBalancer) { lb.Addresses = []ir.Address{{Value: "192.0.2.1"}} },
	} {
		before := draw("", nil)
		if draw("", change) == before {
			t.Errorf("%s has nothing drawn anew", name)
		}
	}
	before := draw("", nil)
	if draw("replicas: 7", nil) == before {
		t.Error("parameters have nothing drawn anew")
	}
}

func TestOnlyAVersionThatWasSeenIsTakenForRight(t *testing.T) {
	d := newDrawings().draw(blueprintOf(t, web, ""), nil, true)
	seen, other, unknown := &corev1.Service{}, &corev1.Service{}, &corev1.Service{}
	seen.UID, seen.ResourceVersion = "1", "5"
	other.UID, other.ResourceVersion = "1", "6"
	if d.shown(0, seen) || d.shown(0, nil) {
		t.Error("taken for right before it was seen")
	}
	d.note(0, seen)
	if !d.shown(0, seen) || d.shown(0, other) || d.shown(1, seen) {
		t.Error("right is what was seen, and nothing else")
	}
	if d.note(0, unknown); d.shown(0, unknown) {
		t.Error("what does not say its version is taken for right")
	}
}

func TestOfWhatDoesNotExistNoDrawingIsKept(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a", "b", "c"} {
		thought := web
		thought.Name = name
		o, err := w.Observe(t.Context(), thought)
		if err != nil {
			t.Fatal(err)
		}
		if steps := w.Plan(thought, nil, wishFor(80), o).Steps; len(steps) == 0 {
			t.Error("a new load balancer takes no steps")
		}
	}
	if n := len(w.drawings.byRef); n != 0 {
		t.Errorf("%d drawings are kept of what does not exist", n)
	}
	if _, _, err := w.reconcile(wishFor(80)); providers.KindOf(err) != providers.Pending {
		t.Fatal(err)
	}
	w.must(wishFor(80))
	if n := len(w.drawings.byRef); n != 1 {
		t.Errorf("%d drawings are kept of one load balancer", n)
	}
	if _, _, err := w.reconcile(nil); err != nil && providers.KindOf(err) != providers.Pending {
		t.Fatal(err)
	}
	if n := len(w.drawings.byRef); n != 0 {
		t.Errorf("%d drawings are kept of one that is to go", n)
	}
}
