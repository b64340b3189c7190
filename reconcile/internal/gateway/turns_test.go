package gateway

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	ctrl "sigs.k8s.io/controller-runtime"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/reconcile/internal/gather"
)

func TestWhoFindsNoRoomIsWokenInOrder(t *testing.T) {
	var woken []string
	turns := newTurns(func(who string) { woken = append(woken, who) })
	a, b := account{"cloud", "a"}, account{"cloud", "b"}
	for i := range atOnce {
		if !turns.take(a, fmt.Sprint(i)) {
			t.Fatal("no room")
		}
	}
	for _, who := range []string{"x", "y", "x", "z"} {
		if turns.take(a, who) {
			t.Fatal("more than allowed at once")
		}
	}
	if !turns.take(b, "x") {
		t.Error("one account holds up another")
	}
	turns.give(a)
	if !slices.Equal(woken, []string{"x"}) {
		t.Errorf("woken %q", woken)
	}
	// Somebody else woke y meanwhile.
	if !turns.take(a, "y") {
		t.Error("no room")
	}
	for range atOnce {
		turns.give(a)
	}
	turns.give(b)
	if !slices.Equal(woken, []string{"x", "z"}) || len(turns.lines) != 0 {
		t.Errorf("woken %q, kept %v", woken, turns.lines)
	}
}

func TestAnAccountThatHangsHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.parameters("x", map[string]any{"region": "slow"})
		r.parameters("y", map[string]any{"region": "fast"})
		r.p.hangs = "slow"
		ended := make(chan error, 100)
		try := func(name string) { _, err := r.Reconcile(t.Context(), request(name)); ended <- err }
		for i := range 3 * atOnce {
			r.another(fmt.Sprint("slow", i), refer("x"))
			go try(fmt.Sprint("slow", i))
		}
		synctest.Wait()
		if done := len(ended); done != 2*atOnce {
			t.Errorf("%d workers are held by an account that hangs, want %d", 3*atOnce-done, atOnce)
		}
		r.another("fast", refer("y"))
		try("fast")
		if r.p.served["fast"] == nil {
			t.Error("another account's load balancer is held up")
		}
	})
}

func request(name string) ctrl.Request {
	return ctrl.Request{NamespacedName: gather.Key{Namespace: "n", Name: name}}
}

// another makes one more Gateway.
func (r *room) another(name string, change func(*gatewayv1.Gateway)) {
	r.t.Helper()
	gw := r.gateway()
	gw.Name, gw.UID, gw.ResourceVersion = name, "", ""
	change(gw)
	if err := r.client.Create(r.t.Context(), gw); err != nil {
		r.t.Fatal(err)
	}
}
