package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/retry"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/notice"
	"fairway.dev/fairway/reconcile/internal/settings"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
)

// scripted is a provider that keeps what it was given, by location.
type scripted struct {
	name   string
	calls  []string
	served map[providers.Location]*ir.LoadBalancer
	synced []ir.ClusterEndpoints
	// pools are handed to core as observed, and heldBack as SyncEndpoints
	// was given them.
	pools    []providers.PoolObservation
	handed   providers.PoolObservation
	fail     error
	blind    error
	syncErr  error
	verdicts []plan.Verdict
	// steps, if set, are planned instead of one that serves everything.
	steps    []plan.Step
	outcomes []plan.Outcome
	// hangs is a location of which nothing is ever observed.
	hangs providers.Location
	mu    sync.Mutex
	// idle keeps its listeners from being programmed.
	idle bool
}

func (p *scripted) Name() string { return p.name }

func (*scripted) SettingsKind() providers.SettingsKind {
	return providers.SettingsKind{Group: "fairway.dev", Version: "v1alpha1", Kind: "Parameters", Secrets: func(s providers.Settings) []providers.SecretName {
		var spec struct{ Secret string }
		if json.Unmarshal(s, &spec) != nil || spec.Secret == "" {
			return nil
		}
		return []providers.SecretName{{Namespace: "n", Name: spec.Secret}}
	}}
}

func (*scripted) Locate(s providers.Settings) (providers.Location, error) {
	var spec struct{ Region string }
	if s == nil {
		return "", nil
	}
	if err := json.Unmarshal(s, &spec); err != nil || spec.Region == "moon" {
		return "", &providers.Error{Kind: providers.Invalid, Message: "spec.region: there is none of that name; choose another"}
	}
	return providers.Location(spec.Region), nil
}

func (*scripted) Capabilities(providers.Settings) providers.Capabilities {
	return providers.Capabilities{Protocols: []ir.Protocol{ir.HTTP}, PathMatches: []ir.MatchKind{ir.Prefix, ir.Exact}, Localities: true}
}

func (p *scripted) Observe(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
	if p.hangs != "" && ref.Location == p.hangs {
		<-ctx.Done()
		return providers.Observation{}, ctx.Err()
	}
	served := p.served[ref.Location]
	o := providers.Observation{Exists: served != nil, Pools: p.pools}
	if served != nil {
		o.Addresses = []ir.Address{{Type: ir.IPAddress, Value: "198.18.0.1"}}
		for _, l := range served.Listeners {
			o.Listeners = append(o.Listeners, providers.ListenerState{Name: l.Name, Programmed: !p.idle, Hash: ir.Hash(l)})
		}
	}
	return o, p.blind
}

func (p *scripted) Plan(ref providers.Ref, _ providers.Settings, wish *ir.LoadBalancer, _ providers.Observation) plan.Plan {
	served := p.served[ref.Location]
	if wish.Empty() && served == nil || served != nil && ir.Equal(wish, served) {
		return plan.Plan{Verdicts: p.verdicts}
	}
	if p.steps != nil {
		return plan.Plan{Steps: p.steps, Verdicts: p.verdicts}
	}
	return plan.Plan{Steps: []plan.Step{{ID: "serve", Payload: wish}}, Verdicts: p.verdicts}
}

func (p *scripted) Apply(ctx context.Context, ref providers.Ref, pl plan.Plan, _ providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
	p.calls = append(p.calls, "apply "+string(ref.Location))
	if wish, is := pl.Steps[0].Payload.(*ir.LoadBalancer); is && p.fail == nil {
		p.served[ref.Location] = wish
		if wish.Empty() {
			delete(p.served, ref.Location)
		}
	}
	o, err := p.Observe(ctx, ref)
	return o, p.outcomes, errors.Join(p.fail, err)
}

func (p *scripted) SyncEndpoints(_ context.Context, _ providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, "sync "+pool.Name)
	p.synced, p.handed = changed, pool
	pool.State = "synced"
	return pool, p.syncErr
}

// count is how often a call was made.
func (p *scripted) count(call string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for _, c := range p.calls {
		if c == call {
			n++
		}
	}
	return n
}

// sets has SyncEndpoints answer with this from now on.
func (p *scripted) sets(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.syncErr = err
}

func (*scripted) List(context.Context, providers.Location) ([]providers.Ref, error) { return nil, nil }

type endpointMap map[string][]ir.ClusterEndpoints

func (m endpointMap) Endpoints(pool string) []ir.ClusterEndpoints { return m[pool] }

// room is a controller over a fake API with one Gateway and one route.
type room struct {
	*Controller
	client client.Client
	p      *scripted
	events *events.FakeRecorder
	t      *testing.T
}

const pool = "ServiceImport/n/echo/80"

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
	c := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(gw, route).WithObjects(append(more, gw, class, imported, route)...).Build()
	p := &scripted{name: "local", served: map[providers.Location]*ir.LoadBalancer{}}
	recorder := events.NewFakeRecorder(100)
	r := &room{client: c, p: p, events: recorder, t: t, Controller: &Controller{Client: c, Hub: "h", Providers: map[string]providers.Provider{"local": p},
		Endpoints: endpointMap{}, Synced: func() bool { return true }, Gather: gather.New(c),
		Settings: settings.Reader{Cache: c}, Events: notice.Recorder{Events: recorder},
		Writer: statuswriter.New(c, logr.Discard()), Metrics: prometheus.NewRegistry()}}
	r.prepare()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = r.Writer.Start(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return r
}

func (r *room) try() (ctrl.Result, error) {
	r.t.Helper()
	for {
		result, err := r.Reconcile(r.t.Context(), ctrl.Request{NamespacedName: webKey})
		if err != nil || result.RequeueAfter != conflicted {
			return result, err
		}
	}
}

func (r *room) must() {
	r.t.Helper()
	if _, err := r.try(); err != nil {
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

// edit changes the Gateway, as its next generation.
func (r *room) edit(change func(*gatewayv1.Gateway)) {
	r.t.Helper()
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		gw := r.gateway()
		gw.Generation++
		change(gw)
		return r.client.Update(r.t.Context(), gw)
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// parameters makes or changes an object that the Gateway can refer to.
func (r *room) parameters(name string, spec map[string]any) {
	r.t.Helper()
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "fairway.dev/v1alpha1", "kind": "Parameters", "spec": spec}}
	o.SetNamespace("n")
	o.SetName(name)
	if err := r.client.Delete(r.t.Context(), o.DeepCopy()); client.IgnoreNotFound(err) != nil {
		r.t.Fatal(err)
	}
	if err := r.client.Create(r.t.Context(), o); err != nil {
		r.t.Fatal(err)
	}
}

func refer(name string) func(*gatewayv1.Gateway) {
	return func(gw *gatewayv1.Gateway) {
		gw.Spec.Infrastructure = &gatewayv1.GatewayInfrastructure{ParametersRef: &gatewayv1.LocalParametersReference{Group: "fairway.dev", Kind: "Parameters", Name: name}}
	}
}

// says waits until the Gateway's condition is as wished.
func (r *room) says(kind, status, reason, message string) {
	r.t.Helper()
	r.wait(func() string {
		return differs(meta.FindStatusCondition(r.gateway().Status.Conditions, kind), kind, status, reason, message)
	})
}

// routeSays waits until the condition of the route's only parent is as wished.
func (r *room) routeSays(kind, status, reason, message string) {
	r.t.Helper()
	r.wait(func() string {
		route := &gatewayv1.HTTPRoute{}
		if err := r.client.Get(r.t.Context(), client.ObjectKey{Namespace: "n", Name: "r"}, route); err != nil {
			return err.Error()
		}
		if len(route.Status.Parents) != 1 {
			return "the route has no parent"
		}
		return differs(meta.FindStatusCondition(route.Status.Parents[0].Conditions, kind), kind, status, reason, message)
	})
}

func differs(c *metav1.Condition, kind, status, reason, message string) string {
	if c != nil && string(c.Status) == status && c.Reason == reason && c.Message == message {
		return ""
	}
	return fmt.Sprintf("%s is %+v, want %s %s: %s", kind, c, status, reason, message)
}

// wait polls until wrong says nothing.
func (r *room) wait(wrong func() string) {
	r.t.Helper()
	last := ""
	err := wait.PollUntilContextTimeout(r.t.Context(), time.Millisecond, 10*time.Second, true, func(context.Context) (bool, error) {
		last = wrong()
		return last == "", nil
	})
	if err != nil {
		r.t.Fatal(last)
	}
}
