package cloud

import (
	"errors"
	"testing"
)

// code is what the cloud answered with.
func code(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// ready is a cloud whose region north has a balancer that is ready, with a
// listener and a rule that names a group.
func ready(t *testing.T) (*Cloud, *API) {
	t.Helper()
	c := New()
	api := c.In("north")
	insert := func(r Resource) {
		t.Helper()
		if err := api.Insert(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	insert(Resource{Kind: KindBalancer, Name: "b", Spec: Balancer{}})
	if err := api.Insert(t.Context(), Resource{Kind: KindListener, Name: "early", Spec: Listener{Balancer: "b"}}); code(err) != InUse {
		t.Errorf("a listener of a balancer that is not ready: %v", err)
	}
	c.Advance(ProvisionTime)
	insert(Resource{Kind: KindListener, Name: "l", Spec: Listener{Balancer: "b", Port: 80}})
	insert(Resource{Kind: KindGroup, Name: "g", Spec: Group{Zone: "a"}})
	insert(Resource{Kind: KindRule, Name: "r", Spec: Rule{Listener: "l", Targets: []Target{{Groups: []string{"g"}, Weight: 1}}}})
	return c, api
}

func TestWritesNameThePresentRevision(t *testing.T) {
	_, api := ready(t)
	l := Resource{Kind: KindListener, Name: "l", Spec: Listener{Balancer: "b", Port: 81}, Revision: 1}
	if err := api.Update(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if err := api.Update(t.Context(), l); code(err) != Gone {
		t.Errorf("a second write with the same revision: %v", err)
	}
	if err := api.Delete(t.Context(), KindRule, "r", 7); code(err) != Gone {
		t.Errorf("a deletion with another revision: %v", err)
	}
}

func TestWhatIsInUseStays(t *testing.T) {
	c, api := ready(t)
	for kind, name := range map[Kind]string{KindGroup: "g", KindListener: "l", KindBalancer: "b"} {
		if err := api.Delete(t.Context(), kind, name, 1); code(err) != InUse {
			t.Errorf("delete %s: %v", kind, err)
		}
	}
	if err := errors.Join(
		api.Delete(t.Context(), KindRule, "r", 1), api.Delete(t.Context(), KindListener, "l", 1), api.Delete(t.Context(), KindBalancer, "b", 1),
	); err != nil {
		t.Fatal(err)
	}
	g, err := api.Get(t.Context(), KindGroup, "g")
	if err != nil || g.IdleSince.IsZero() {
		t.Errorf("the group that no rule names any more is %+v, %v", g, err)
	}
	if b, err := api.Get(t.Context(), KindBalancer, "b"); err != nil || !b.Leaving {
		t.Errorf("the balancer is %+v, %v; want it to be leaving", b, err)
	}
	c.Advance(DeleteTime)
	if _, err := api.Get(t.Context(), KindBalancer, "b"); code(err) != NotFound {
		t.Errorf("the balancer is still there: %v", err)
	}
}

func TestLimits(t *testing.T) {
	c, api := ready(t)
	for i := 1; i < c.Limits.RulesPerListener; i++ {
		if err := api.Insert(t.Context(), Resource{Kind: KindRule, Name: string(rune('a' + i)), Spec: Rule{Listener: "l"}}); err != nil {
			t.Fatal(err)
		}
	}
	for name, r := range map[string]Resource{
		"a rule too many":   {Kind: KindRule, Name: "last", Spec: Rule{Listener: "l"}},
		"a target too many": {Kind: KindRule, Name: "wide", Spec: Rule{Listener: "l", Targets: make([]Target, c.Limits.TargetsPerRule+1)}},
	} {
		if err := api.Insert(t.Context(), r); code(err) != OverLimit {
			t.Errorf("%s: %v", name, err)
		}
	}
}
