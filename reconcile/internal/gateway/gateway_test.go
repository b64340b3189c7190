package gateway

import (
	"context"
	"slices"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
)

// scripted is a provider that keeps what it was given.
type scripted struct {
	calls   []string
	served  *ir.LoadBalancer
	synced  []ir.ClusterEndpoints
	fail    error
	syncErr error
}

func (*scripted) Name() string { return "local" }

func (*scripted) SettingsKind() providers.SettingsKind { return providers.SettingsKind{} }

func (*scripted) Locate(providers.Settings) (providers.Location, error) { return "", nil }

func (*scripted) Capabilities(providers.Settings) providers.Capabilities {
	return providers.Capabilities{Protocols: []ir.Protocol{ir.HTTP}, PathMatches: []ir.MatchKind{ir.Prefix, ir.Exact}}
}

func (p *scripted) Observe(context.Context, providers.Ref) (providers.Observation, error) {
	o := providers.Observation{Exists: p.served != nil, Addresses: []ir.Address{{Type: ir.IPAddress, Value: "198.18.0.1"}}}
	if p.served != nil {
		for _, l := range p.served.Listeners {
			o.Listeners = append(o.Listeners, providers.ListenerState{Name: l.Name, Programmed: true})
		}
	}
	return o, nil
}

func (p *scripted) Plan(_ providers.Ref, _ providers.Settings, wish *ir.LoadBalancer, _ providers.Observation) plan.Plan {
	if wish.Empty() && p.served == nil || p.served != nil && ir.Equal(wish, p.served) {
		return plan.Plan{}
	}
	return plan.Plan{Steps: []plan.Step{{ID: "serve", Payload: wish}}}
}

func (p *scripted) Apply(ctx context.Context, ref providers.Ref, pl plan.Plan, _ providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
	p.calls = append(p.calls, "apply")
	if p.fail != nil {
		return providers.Observation{}, nil, p.fail
	}
	p.served = pl.Steps[0].Payload.(*ir.LoadBalancer)
	if p.served.Empty() {
		p.served = nil
	}
	o, err := p.Observe(ctx, ref)
	return o, nil, err
}

func (p *scripted) SyncEndpoints(_ context.Context, _ providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
	p.calls = append(p.calls, "sync "+pool.Name)
	p.synced = changed
	return pool, p.syncErr
}

func (*scripted) List(context.Context, providers.Location) ([]providers.Ref, error) { return nil, nil }

type endpointMap map[string][]ir.ClusterEndpoints

func (m endpointMap) Endpoints(pool string) []ir.ClusterEndpoints { return m[pool] }

// room is a controller over a fake API with one Gateway and one route.
type room struct {
	*Controller
	client client.Client
	p      *scripted
	t      *testing.T
}

var webKey = client.ObjectKey{Namespace: "n", Name: "web"}

func newRoom(t *testing.T, more ...client.Object) *room {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, gatewayv1.Install, mcsv1beta1.Install} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	gw := &gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "web", UID: "1", Generation: 1}}
	gw.Spec.GatewayClassName = "fairway"
	gw.Spec.Listeners = []gatewayv1.Listener{{Name: "http", Port: 80, Protocol: gatewayv1.HTTPProtocolType}}
	class := &gatewayv1.GatewayClass{ObjectMeta: metav1.ObjectMeta{Name: "fairway"}, Spec: gatewayv1.GatewayClassSpec{ControllerName: "fairway.dev/local"}}
	imported := &mcsv1beta1.ServiceImport{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "echo"}, Spec: mcsv1beta1.ServiceImportSpec{Ports: []mcsv1beta1.ServicePort{{Port: 80}}}}
	route := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "r"}}
	route.Spec.ParentRefs = []gatewayv1.ParentReference{{Name: "web"}}
	b := gatewayv1.HTTPBackendRef{}
	b.Group, b.Kind, b.Name, b.Port = new(gatewayv1.Group("multicluster.x-k8s.io")), new(gatewayv1.Kind("ServiceImport")), "echo", new(gatewayv1.PortNumber(80))
	route.Spec.Rules = []gatewayv1.HTTPRouteRule{{BackendRefs: []gatewayv1.HTTPBackendRef{b}}}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(append(more, gw, class, imported, route)...).Build()
	p := &scripted{}
	r := &room{client: c, p: p, t: t, Controller: &Controller{Client: c, Hub: "h", Providers: map[string]providers.Provider{"local": p},
		Endpoints: endpointMap{}, Synced: func() bool { return true }, Gather: gather.New(c),
		Writer: statuswriter.New(c, logr.Discard()), Metrics: prometheus.NewRegistry()}}
	r.prepare()
	return r
}

func (r *room) round() (ctrl.Result, error) {
	r.t.Helper()
	return r.Reconcile(r.t.Context(), ctrl.Request{NamespacedName: webKey})
}

func (r *room) must() {
	r.t.Helper()
	if _, err := r.round(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) gateway() *gatewayv1.Gateway {
	r.t.Helper()
	gw := &gatewayv1.Gateway{}
	if err := r.client.Get(r.t.Context(), webKey, gw); err != nil {
		r.t.Fatal(err)
	}
	return gw
}

func TestAGatewayIsServedThenLeftAlone(t *testing.T) {
	r := newRoom(t)
	r.must()
	if !slices.Contains(r.gateway().Finalizers, Finalizer) {
		t.Error("no finalizer")
	}
	if len(r.p.served.Routes) != 1 || r.p.served.Routes[0].Rules[0].Backends[0].Pool != "ServiceImport/n/echo/80" {
		t.Errorf("served %+v", r.p.served)
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
	result, err := r.round()
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
	if r.p.served != nil || len(r.gateways) != 0 {
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
	if r.p.served == nil {
		t.Error("the load balancer went with its class")
	}
}

func TestAGatewayThatIsNoLongerAcceptedKeepsItsLoadBalancer(t *testing.T) {
	r := newRoom(t)
	r.must()
	gw := r.gateway()
	gw.Generation++
	gw.Spec.Addresses = []gatewayv1.GatewaySpecAddress{{Value: "192.0.2.1"}}
	if err := r.client.Update(t.Context(), gw); err != nil {
		t.Fatal(err)
	}
	r.must()
	if r.p.served == nil || len(r.p.calls) != 1 {
		t.Errorf("calls %v: the last good state was not kept", r.p.calls)
	}
}

func TestAGatewayOfAnotherControllerIsNotTouched(t *testing.T) {
	other := &gatewayv1.GatewayClass{ObjectMeta: metav1.ObjectMeta{Name: "other"}, Spec: gatewayv1.GatewayClassSpec{ControllerName: "example.com/x"}}
	r := newRoom(t, other)
	gw := r.gateway()
	gw.Spec.GatewayClassName = "other"
	if err := r.client.Update(t.Context(), gw); err != nil {
		t.Fatal(err)
	}
	r.must()
	if len(r.p.calls) != 0 || len(r.gateway().Finalizers) != 0 {
		t.Errorf("calls %v, finalizers %v", r.p.calls, r.gateway().Finalizers)
	}
}

func TestChangedEndpointsGoStraightToTheProvider(t *testing.T) {
	r := newRoom(t)
	source := endpointMap{"ServiceImport/n/echo/80": {
		{Cluster: "east", Known: true, Endpoints: []ir.Endpoint{{Address: "10.0.0.1", Port: 80, Serving: true}}},
		{Cluster: "west", Known: true},
	}}
	r.Endpoints = source
	r.must()
	r.p.calls = nil
	echo := ir.Service{Kind: "ServiceImport", Namespace: "n", Name: "echo"}
	users := r.users(echo)
	if len(users) != 1 || len(r.users(ir.Service{Kind: "ServiceImport", Namespace: "n", Name: "x"})) != 0 {
		t.Fatalf("users %v", users)
	}
	for s := range users {
		if err := r.feed(t.Context(), s, "ServiceImport/n/echo/80", "east"); err != nil {
			t.Fatal(err)
		}
		if len(r.p.synced) != 1 || r.p.synced[0].Cluster != "east" || len(r.p.synced[0].Endpoints) != 1 {
			t.Errorf("synced %+v, want east alone", r.p.synced)
		}
		if err := r.feed(t.Context(), s, "ServiceImport/n/echo/80", "gone"); err != nil {
			t.Fatal(err)
		}
		if got := r.p.synced[0]; !got.Known || len(got.Endpoints) != 0 {
			t.Errorf("a member that was removed: %+v, want known and empty", got)
		}
		r.p.syncErr = &providers.Error{Kind: providers.Stale}
		if err := r.feed(t.Context(), s, "ServiceImport/n/echo/80", "east"); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.wake) != 1 || testutil.ToFloat64(r.translated) != 1 || slices.Contains(r.p.calls, "apply") {
		t.Errorf("woken %d, translated %v, calls %v", len(r.wake), testutil.ToFloat64(r.translated), r.p.calls)
	}
}
