package gateway

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

var echo = ir.Service{Kind: "ServiceImport", Namespace: "n", Name: "echo"}

// feeding runs a feed.
func (r *room) feeding() *EndpointFeed {
	f := r.Feed()
	ctx, stop := context.WithCancel(r.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Start(ctx) }()
	r.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			r.t.Error(err)
		}
	})
	return f
}

func TestTheFeedHeedsHowLongAProviderAsksItToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.must()
		r.p.calls = nil
		r.p.syncErr = &providers.Error{Kind: providers.Throttled, After: time.Minute, Message: "too many calls"}
		f := r.feeding()
		for range 50 {
			// The first is held back by its own failure, the second by its account's.
			f.Changed(echo, "east")
			synctest.Wait()
			f.Changed(echo, "west")
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if calls := r.p.count("sync " + pool); calls != 1 {
			t.Errorf("%d calls", calls)
		}
		if len(r.wake) != 1 {
			t.Errorf("woken %d times: the status is to say it once", len(r.wake))
		}
		r.p.sets(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if calls := r.p.count("sync " + pool); calls != 3 {
			t.Errorf("%d calls, want one more for each cluster", calls)
		}
	})
}

func TestTheFeedAsksLaterEachTimeAfterAPassingFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.must()
		r.p.calls = nil
		r.p.syncErr = context.DeadlineExceeded
		r.feeding().Changed(echo, "east")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if calls := r.p.count("sync " + pool); calls < 10 || calls > 25 {
			t.Errorf("%d calls in ten minutes", calls)
		}
		if len(r.wake) != 1 {
			t.Errorf("said %d times", len(r.wake))
		}
	})
}

func TestALoadBalancerThatIsAppliedHoldsUpOnlyItsOwnErrands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(t)
		r.must()
		r.another("other", func(*gatewayv1.Gateway) {})
		synctest.Wait() // until the route's status is written
		route := &gatewayv1.HTTPRoute{}
		if err := r.client.Get(t.Context(), request("r").NamespacedName, route); err != nil {
			t.Fatal(err)
		}
		route.Spec.ParentRefs = append(route.Spec.ParentRefs, gatewayv1.ParentReference{Name: "other"})
		if err := r.client.Update(t.Context(), route); err != nil {
			t.Fatal(err)
		}
		r.Gather.RouteChanged(request("r").NamespacedName, route)
		for range 2 {
			if _, err := r.Reconcile(t.Context(), request("other")); err != nil {
				t.Fatal(err)
			}
		}
		busy := r.gateways[webKey].here
		busy.busy.Lock()
		r.p.calls = nil
		r.feeding().Changed(echo, "east")
		time.Sleep(time.Minute)
		synctest.Wait()
		if calls := r.p.count("sync " + pool); calls != 1 {
			t.Errorf("%d calls, want one for the load balancer that is free", calls)
		}
		busy.busy.Unlock()
		time.Sleep(time.Second)
		synctest.Wait()
		if calls := r.p.count("sync " + pool); calls != 2 {
			t.Errorf("%d calls, want one more", calls)
		}
		if err := r.client.Delete(t.Context(), route); err != nil {
			t.Fatal(err)
		}
	})
}

func TestErrandsForWhatIsGoneEnd(t *testing.T) {
	r := newRoom(t)
	r.must()
	u := r.users(echo)[0]
	r.forget(webKey)
	r.p.calls, r.p.syncErr = nil, &providers.Error{Kind: providers.Denied}
	if err := r.feed(t.Context(), u, "east"); err != nil || len(r.p.calls) != 0 {
		t.Errorf("%v, calls %v", err, r.p.calls)
	}
}
