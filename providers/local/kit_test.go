package local

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/providertest"
)

func TestContract(t *testing.T) {
	providertest.Run(t, func(t *testing.T) providertest.Harness { return newKit(t) })
}

// kit is the contract's world: a fake API server, what a cluster would do
// with the objects in it, and proxies on real streams.
type kit struct {
	t     *testing.T
	clock *clocktesting.FakeClock
	// api is the API server without anything in between.
	api client.WithWatch

	// passing is held while time goes by.
	passing sync.Mutex

	mu      sync.Mutex
	around  providertest.Around
	process *process
	// cache is what the hub's caches show: the API server as it was when time
	// last went by.
	cache client.Client
	// pods are the proxies that run, by their Deployment. They change only
	// while time goes by.
	pods map[client.ObjectKey]*pod
}

// process is one process of the hub.
type process struct {
	*Provider
	address string
}

func newKit(t *testing.T) *kit {
	t.Helper()
	k := &kit{t: t, clock: clocktesting.NewFakeClock(start), pods: map[client.ObjectKey]*pod{}}
	k.api = fake.NewClientBuilder().Build()
	t.Cleanup(func() {
		for _, pod := range k.pods {
			pod.end()
		}
	})
	return k
}

// Start implements [providertest.Harness].
func (k *kit) Start() providers.Provider {
	p, err := New(Options{
		Client: k.cached(), Reader: k.uncached(), Hub: providertest.Hub, Namespace: "fairway-system", ProxyImage: "fairway-proxy:test",
		StreamAddress: "fairway-stream.fairway-system.svc:18000",
		Registerer:    prometheus.NewRegistry(), Log: logr.Discard(), Clock: k.clock,
	})
	if err != nil {
		k.t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		k.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.serve(ctx, listener) }()
	k.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			k.t.Errorf("serve: %v", err)
		}
	})
	k.mu.Lock()
	k.process = &process{Provider: p, address: listener.Addr().String()}
	k.mu.Unlock()
	k.refresh()
	return p
}

// current is the present process.
func (k *kit) current() *process {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.process
}

// Samples implements [providertest.Harness].
func (k *kit) Samples() providertest.Samples {
	s := providertest.Samples{
		Settings: json.RawMessage(`{"replicas":1,"service":{"type":"LoadBalancer"},"logs":{"access":"Off"}}`),
		Changed:  json.RawMessage(`{"replicas":1,"service":{"type":"LoadBalancer"},"logs":{"access":"JSON"}}`),
	}
	for _, raw := range slices.Sorted(maps.Keys(bad)) {
		s.Bad = append(s.Bad, json.RawMessage(raw))
	}
	return s
}

// Intercept implements [providertest.Harness].
func (k *kit) Intercept(around providertest.Around) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.around = around
}

// call makes a call that can be intercepted. The authority of the stream is
// the hub's own matter, and no part of any load balancer.
func (k *kit) call(ctx context.Context, verb string, mutates bool, name string, do func(context.Context) error) error {
	k.mu.Lock()
	around := k.around
	k.mu.Unlock()
	if around == nil || name == authoritySecret {
		return do(ctx)
	}
	return around(ctx, providertest.Call{Name: verb + " " + name, Mutates: mutates}, do)
}

// uncached reads the API server itself.
func (k *kit) uncached() client.Reader {
	return interceptor.NewClient(k.api, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			return k.call(ctx, "Get", false, key.Name, func(ctx context.Context) error { return c.Get(ctx, key, o, opts...) })
		},
	})
}

// cached writes to the API server and reads from a cache, which is no call.
func (k *kit) cached() client.Client {
	cache := func() client.Client {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.cache
	}
	return interceptor.NewClient(k.api, interceptor.Funcs{
		Get: func(ctx context.Context, _ client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			return cache().Get(ctx, key, o, opts...)
		},
		List: func(ctx context.Context, _ client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			return cache().List(ctx, list, opts...)
		},
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			return k.call(ctx, "Create", true, o.GetName(), func(ctx context.Context) error { return c.Create(ctx, o, opts...) })
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			return k.call(ctx, "Delete", true, o.GetName(), func(ctx context.Context) error { return k.delete(ctx, o, opts...) })
		},
		Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			return k.call(ctx, "Apply", true, applied(o), func(ctx context.Context) error { return c.Apply(ctx, o, opts...) })
		},
	})
}

// refresh lets the caches see what there is.
func (k *kit) refresh() {
	var all []client.Object
	for _, list := range []client.ObjectList{
		&corev1.ServiceAccountList{}, &corev1.SecretList{}, &corev1.ServiceList{},
		&appsv1.DeploymentList{}, &policyv1.PodDisruptionBudgetList{}, &discoveryv1.EndpointSliceList{},
	} {
		k.each(list, func(o client.Object) { all = append(all, o) })
	}
	cache := fake.NewClientBuilder().WithObjects(all...).Build()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cache = cache
}

// applied names what is applied.
func applied(o runtime.ApplyConfiguration) string {
	b, err := json.Marshal(o)
	var u struct {
		Kind     string
		Metadata metav1.ObjectMeta
	}
	if err = cmp.Or(err, json.Unmarshal(b, &u)); err != nil {
		return err.Error()
	}
	return u.Kind + "/" + u.Metadata.Namespace + "/" + u.Metadata.Name
}

// delete keeps an object whose deletion is in the foreground until what
// depends on it is gone.
func (k *kit) delete(ctx context.Context, o client.Object, opts ...client.DeleteOption) error {
	var all client.DeleteOptions
	all.ApplyOptions(opts)
	if all.PropagationPolicy != nil && *all.PropagationPolicy == metav1.DeletePropagationForeground {
		there := o.DeepCopyObject().(client.Object)
		if err := k.api.Get(ctx, client.ObjectKeyFromObject(o), there); err != nil {
			return err
		}
		if !slices.Contains(there.GetFinalizers(), metav1.FinalizerDeleteDependents) {
			there.SetFinalizers(append(there.GetFinalizers(), metav1.FinalizerDeleteDependents))
			if err := k.api.Update(ctx, there); err != nil {
				return err
			}
		}
	}
	return k.api.Delete(ctx, o, opts...)
}

// Pass implements [providertest.Harness].
func (k *kit) Pass(d time.Duration) {
	k.passing.Lock()
	defer k.passing.Unlock()
	k.clock.Step(d)
	for k.cluster() {
	}
	k.refresh()
}

// Objects implements [providertest.Harness].
func (k *kit) Objects() []providertest.Object {
	var all []providertest.Object
	for _, part := range parts {
		k.each(part.list(), func(o client.Object) {
			if o.GetName() == authoritySecret {
				return
			}
			all = append(all, providertest.Object{
				Name:    part.kind + "/" + o.GetNamespace() + "/" + o.GetName(),
				Marks:   o.GetLabels(),
				Content: string(o.GetUID()) + " " + o.GetResourceVersion(),
			})
		})
	}
	return all
}

// Populate implements [providertest.Harness]: what somebody made by hand, and
// what another hub made.
func (k *kit) Populate() {
	other := web
	other.Hub = "another hub"
	b := blueprint{ref: other, settings: settings{replicas: 1, serviceType: corev1.ServiceTypeLoadBalancer}, wish: wishFor(80)}
	for _, part := range parts {
		o := part.empty()
		if part.kind == "Secret" {
			o = &corev1.Secret{}
		}
		o.SetNamespace("shop")
		o.SetName("by-hand")
		k.must(k.api.Create(k.t.Context(), o))
		k.must(k.api.Apply(k.t.Context(), client.ApplyConfigurationFromUnstructured(part.object(b)), fieldOwner))
	}
	k.refresh()
}

// Obstruct implements [providertest.Harness].
func (k *kit) Obstruct(ref providers.Ref) (string, bool) {
	k.must(k.api.Create(k.t.Context(), &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: ref.Namespace, Name: objectName(ref)}}))
	k.refresh()
	return id("Service", ref), true
}

// Remove implements [providertest.Harness].
func (k *kit) Remove(name string) bool {
	for _, part := range parts {
		found := false
		k.each(part.list(), func(o client.Object) {
			if part.kind+"/"+o.GetNamespace()+"/"+o.GetName() == name {
				k.must(k.api.Delete(k.t.Context(), o))
				found = true
			}
		})
		if found {
			k.refresh()
			return true
		}
	}
	return false
}

// Alter implements [providertest.Harness]. What a Secret holds is not read
// back, so nobody can see that it was changed.
func (k *kit) Alter(name string) bool {
	altered := false
	for _, part := range parts {
		k.each(part.list(), func(o client.Object) {
			if part.kind+"/"+o.GetNamespace()+"/"+o.GetName() != name {
				return
			}
			switch o := o.(type) {
			case *corev1.ServiceAccount:
				o.AutomountServiceAccountToken = new(true)
			case *corev1.Service:
				o.Spec.Ports[0].TargetPort = intstr.FromInt32(9)
			case *appsv1.Deployment:
				o.Spec.Replicas = new(int32(7))
			case *policyv1.PodDisruptionBudget:
				o.Spec.MaxUnavailable = new(intstr.FromString("90%"))
			default:
				return
			}
			k.must(k.api.Update(k.t.Context(), o))
			altered = true
		})
	}
	k.refresh()
	return altered
}

func (k *kit) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Error(err)
	}
}
