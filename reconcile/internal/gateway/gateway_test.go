package gateway

import (
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

func TestAGatewayIsServedThenLeftAlone(t *testing.T) {
	r := newRoom(t)
	r.must()
	if !slices.Contains(r.gateway().Finalizers, Finalizer) {
		t.Error("no finalizer")
	}
	if len(r.p.served[""].Routes) != 1 || r.p.served[""].Routes[0].Rules[0].Backends[0].Pool != pool {
		t.Errorf("served %+v", r.p.served[""])
	}
	r.must()
	r.must()
	if len(r.p.calls) != 1 || testutil.ToFloat64(r.translated) != 1 {
		t.Errorf("calls %v, %v translated: rounds with nothing new must cost nothing", r.p.calls, testutil.ToFloat64(r.translated))
	}
}

func TestNothingIsPublishedBeforeTheMembersWereRead(t *testing.T) {
	r := newRoom(t)
	r.Synced = func() bool { return false }
	result, err := r.try()
	if err != nil || result.RequeueAfter == 0 || len(r.p.calls) != 0 {
		t.Errorf("result %v, %v, calls %v", result, err, r.p.calls)
	}
}

func TestDeletionTakesDownBeforeItLetsGo(t *testing.T) {
	r := newRoom(t)
	r.must()
	if err := r.client.Delete(t.Context(), r.gateway()); err != nil {
		t.Fatal(err)
	}
	r.p.fail = &providers.Error{Kind: providers.Pending, Message: "pods are going"}
	r.must()
	if !slices.Contains(r.gateway().Finalizers, Finalizer) {
		t.Fatal("let go while something was left")
	}
	r.p.fail = nil
	r.must()
	if err := r.client.Get(t.Context(), webKey, &gatewayv1.Gateway{}); client.IgnoreNotFound(err) != nil || err == nil {
		t.Errorf("the Gateway is still there: %v", err)
	}
	if r.p.served[""] != nil || len(r.gateways) != 0 {
		t.Error("something was left")
	}
}

func TestAClassThatIsGoneTakesNothingDown(t *testing.T) {
	r := newRoom(t)
	r.must()
	if err := r.client.Delete(t.Context(), &gatewayv1.GatewayClass{ObjectMeta: metav1.ObjectMeta{Name: "fairway"}}); err != nil {
		t.Fatal(err)
	}
	r.must()
	if r.p.served[""] == nil {
		t.Error("the load balancer went with its class")
	}
}

func TestAGatewayThatIsNoLongerAcceptedKeepsItsLoadBalancer(t *testing.T) {
	r := newRoom(t)
	r.must()
	r.edit(func(gw *gatewayv1.Gateway) { gw.Spec.Addresses = []gatewayv1.GatewaySpecAddress{{Value: "192.0.2.1"}} })
	r.must()
	if r.p.served[""] == nil || len(r.p.calls) != 1 {
		t.Errorf("calls %v: the last good state was not kept", r.p.calls)
	}
}

func TestAGatewayOfAnotherControllerIsNotTouched(t *testing.T) {
	other := &gatewayv1.GatewayClass{ObjectMeta: metav1.ObjectMeta{Name: "other"}, Spec: gatewayv1.GatewayClassSpec{ControllerName: "example.com/x"}}
	r := newRoom(t, other)
	r.edit(func(gw *gatewayv1.Gateway) { gw.Spec.GatewayClassName = "other" })
	r.must()
	if len(r.p.calls) != 0 || len(r.gateway().Finalizers) != 0 {
		t.Errorf("calls %v, finalizers %v", r.p.calls, r.gateway().Finalizers)
	}
}

func TestChangedEndpointsGoStraightToTheProvider(t *testing.T) {
	r := newRoom(t)
	source := endpointMap{pool: {
		{Cluster: "east", Known: true, Endpoints: []ir.Endpoint{{Address: "10.0.0.1", Port: 80, Serving: true}}},
		{Cluster: "west", Known: true},
	}}
	r.Endpoints = source
	r.p.pools = []providers.PoolObservation{{Name: pool, State: "observed", Clusters: source[pool]}}
	r.must()
	r.p.calls = nil
	users := r.users(echo)
	if len(users) != 1 || len(r.users(ir.Service{Kind: "ServiceImport", Namespace: "n", Name: "x"})) != 0 {
		t.Fatalf("users %v", users)
	}
	feed := func(cluster string) {
		t.Helper()
		if err := r.feed(t.Context(), users[0], cluster); err != nil {
			t.Fatal(err)
		}
	}
	feed("east")
	if len(r.p.synced) != 1 || r.p.synced[0].Cluster != "east" || len(r.p.synced[0].Endpoints) != 1 {
		t.Errorf("synced %+v, want east alone", r.p.synced)
	}
	if r.p.handed.Name != pool || r.p.handed.State != "observed" {
		t.Errorf("handed %+v, want what was observed", r.p.handed)
	}
	feed("gone")
	if got := r.p.synced[0]; !got.Known || len(got.Endpoints) != 0 {
		t.Errorf("a member that was removed: %+v, want known and empty", got)
	}
	if r.p.handed.State != "synced" {
		t.Errorf("handed %+v, want what SyncEndpoints said last", r.p.handed)
	}
	r.p.syncErr = &providers.Error{Kind: providers.Stale}
	feed("east")
	if len(r.wake) != 1 || testutil.ToFloat64(r.translated) != 1 || slices.Contains(r.p.calls, "apply ") {
		t.Errorf("woken %d, translated %v, calls %v", len(r.wake), testutil.ToFloat64(r.translated), r.p.calls)
	}
}
