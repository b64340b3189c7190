package instrument

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	clocktesting "k8s.io/utils/clock/testing"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// counted is a provider that counts its calls, and spends one of class
// "call" for each.
type counted struct {
	providers.Provider
	observed atomic.Int64
	fail     error
	// meanwhile is called during a verb.
	meanwhile func()
	hang      bool
	sees      providers.Observation
	gone      bool
}

func (c *counted) Name() string { return "counted" }

func (c *counted) do(ctx context.Context) error {
	if err := providers.Spend(ctx, "call"); err != nil {
		return err
	}
	if c.meanwhile != nil {
		c.meanwhile()
	}
	if c.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return c.fail
}

func (c *counted) Observe(ctx context.Context, _ providers.Ref) (providers.Observation, error) {
	c.observed.Add(1)
	o := c.sees
	o.Exists, o.Pools = !c.gone, []providers.PoolObservation{{Name: "a"}}
	return o, c.do(ctx)
}

func (c *counted) Apply(ctx context.Context, _ providers.Ref, _ plan.Plan, _ providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
	return providers.Observation{Exists: true, State: "applied"}, nil, c.do(ctx)
}

func (c *counted) SyncEndpoints(ctx context.Context, _ providers.Ref, pool providers.PoolObservation, _ []ir.ClusterEndpoints) (providers.PoolObservation, error) {
	pool.State = "synced"
	return pool, c.do(ctx)
}

func (c *counted) List(ctx context.Context, _ providers.Location) ([]providers.Ref, error) {
	return nil, c.do(ctx)
}

var ref = providers.Ref{Name: "web"}

func TestTheLastObservationIsKeptUntilItMayBeWrong(t *testing.T) {
	clock := clocktesting.NewFakePassiveClock(time.Unix(0, 0))
	c := &counted{}
	l := keep(c, clock)
	look := func(want int64, what string) providers.Observation {
		t.Helper()
		o, _ := l.Observe(t.Context(), ref)
		if c.observed.Load() != want {
			t.Errorf("%s: observed %d times, want %d", what, c.observed.Load(), want)
		}
		return o
	}
	look(1, "at first")
	look(1, "a second time")
	if _, err := l.SyncEndpoints(t.Context(), ref, providers.PoolObservation{Name: "a"}, nil); err != nil {
		t.Fatal(err)
	}
	if o := look(1, "after endpoints changed"); o.Pool("a").State != "synced" {
		t.Errorf("the pool is kept as it was before: %+v", o.Pools)
	}
	if _, _, err := l.Apply(t.Context(), ref, plan.Plan{}, nil); err != nil {
		t.Fatal(err)
	}
	if o := look(1, "after Apply"); o.State != "applied" {
		t.Error("what Apply saw is not kept")
	}
	forgetter, _ := Power[Forgetter](l)
	forgetter.Forget(ref)
	look(2, "after Forget")
	clock.SetTime(clock.Now().Add(freshFor))
	look(3, "when it is old")
	c.fail = errors.New("no")
	_, _ = l.SyncEndpoints(t.Context(), ref, providers.PoolObservation{Name: "a"}, nil)
	look(4, "after endpoints failed")
	look(5, "after it failed itself")
	c.fail = nil
	look(6, "after that")
	c.fail = &providers.Error{Kind: providers.Pending}
	_, _, _ = l.Apply(t.Context(), ref, plan.Plan{}, nil)
	c.fail = nil
	c.meanwhile = func() { forgetter.Forget(ref) }
	look(7, "after Apply was pending")
	look(8, "after Forget during a look")
}

func TestWhatIsNotAtRestIsSeenAnew(t *testing.T) {
	clock := clocktesting.NewFakePassiveClock(time.Unix(0, 0))
	for name, c := range map[string]*counted{
		"waits":        {sees: providers.Observation{Waiting: "for an address"}},
		"in flight":    {sees: providers.Observation{InFlight: &providers.Operation{}}},
		"unprogrammed": {sees: providers.Observation{Listeners: []providers.ListenerState{{Name: "a", Programmed: true}, {Name: "b"}}}},
		"gone":         {gone: true},
		"due":          {sees: providers.Observation{RetireAt: clock.Now()}},
	} {
		l := keep(c, clock)
		for range 2 {
			if _, err := l.Observe(t.Context(), ref); err != nil {
				t.Fatal(err)
			}
		}
		if c.observed.Load() != 2 {
			t.Errorf("%s: observed %d times, want 2", name, c.observed.Load())
		}
	}
}

func TestAVerbThatHangsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := limitTime(&counted{hang: true})
		for _, c := range []struct {
			verb  func() error
			after time.Duration
		}{
			{func() error { _, err := p.Observe(t.Context(), ref); return err }, observeTimeout},
			{func() error { _, _, err := p.Apply(t.Context(), ref, plan.Plan{}, nil); return err }, applyTimeout},
			{func() error {
				_, err := p.SyncEndpoints(t.Context(), ref, providers.PoolObservation{}, nil)
				return err
			}, syncTimeout},
			{func() error { _, err := p.List(t.Context(), ""); return err }, listTimeout},
		} {
			began := time.Now()
			err := c.verb()
			if e, worded := errors.AsType[*providers.Error](err); !worded || e.Message == "" || e.Kind != "" || time.Since(began) != c.after {
				t.Errorf("after %s: %v, want an end after %s", time.Since(began), err, c.after)
			}
		}
	})
}

// rich is counted with a budget of two calls at once and one more each second,
// for each account.
type rich struct{ *counted }

func (rich) Budget(at providers.Location) providers.Budget {
	return providers.Budget{Account: string(at), Rates: map[string]providers.Rate{"call": {Burst: 2, PerSecond: 1}}}
}

func TestAccountsShareTheirBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Provider(rich{&counted{}}, prometheus.NewRegistry())
		began := time.Now()
		for i, at := range []providers.Location{"a", "b", "a", "b", "a"} {
			r := providers.Ref{Name: string(rune('v' + i)), Location: at}
			if _, err := p.Observe(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("three calls of one account and two of another took %s, want 1s", waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := p.List(ctx, "a"); providers.KindOf(err) != providers.Throttled {
			t.Errorf("a call without time to wait: %v, want Throttled", err)
		}
	})
}

func TestProvidersShareTheirMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	for range 2 {
		p := Provider(&counted{}, registry)
		if _, err := p.Observe(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
	}
	families, err := registry.Gather()
	if err != nil || len(families) != 2 || families[1].Metric[0].GetCounter().GetValue() != 2 {
		t.Errorf("%v, %v", families, err)
	}
}
