package local

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/wire"
	"fairway.dev/fairway/providers/owner"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

var (
	web   = providers.Ref{Hub: "hub-1", Namespace: "shop", Name: "web", UID: "u-1"}
	start = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
)

// world is a provider over a fake API server.
type world struct {
	t *testing.T
	*Provider
	client client.Client
	clock  *clocktesting.FakeClock
	// calls counts what is asked of the API server: writes, and reads past
	// the cache.
	calls atomic.Int64
}

func newWorld(t *testing.T, objects ...client.Object) *world {
	t.Helper()
	w := &world{t: t, clock: clocktesting.NewFakeClock(start)}
	w.client = fake.NewClientBuilder().WithObjects(objects...).Build()
	w.Provider = w.provider()
	return w
}

// provider makes a provider over the world's API server: one more hub
// process.
func (w *world) provider() *Provider {
	w.t.Helper()
	count := func() { w.calls.Add(1) }
	// The fake has no cache: what is not asked of Reader counts as cached.
	asked := w.client.(client.WithWatch)
	reader := interceptor.NewClient(asked, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			count()
			return c.Get(ctx, key, o, opts...)
		},
	})
	cached := interceptor.NewClient(asked, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			count()
			return c.Create(ctx, o, opts...)
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			count()
			return c.Delete(ctx, o, opts...)
		},
		Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			count()
			return c.Apply(ctx, o, opts...)
		},
	})
	p, err := New(Options{
		Client: cached, Reader: reader, Hub: web.Hub, Namespace: "fairway-system", ProxyImage: "fairway-proxy:test",
		StreamAddress: "fairway-stream.fairway-system.svc:18000", ListenAddress: "127.0.0.1:0",
		Registerer: prometheus.NewRegistry(), Log: logr.Discard(), Clock: w.clock,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(p.due.ShutDown)
	return p
}

// onePod gives every pool one pod.
type onePod struct{}

func (onePod) Endpoints(string) []ir.ClusterEndpoints {
	return []ir.ClusterEndpoints{{Cluster: "east", Known: true, Endpoints: []ir.Endpoint{{Address: "10.0.0.1", Port: 80, Serving: true}}}}
}

// wishFor makes a configuration with a listener on each port and one route.
func wishFor(ports ...uint16) *ir.LoadBalancer {
	lb := &ir.LoadBalancer{
		Routes: []*ir.Route{{Name: "HTTPRoute/shop/a", Rules: []ir.Rule{{Backends: []ir.Backend{{Pool: "p", Weight: 1}}}}}},
		Pools:  []ir.BackendPool{{Name: "p"}},
	}
	for i, port := range ports {
		lb.Listeners = append(lb.Listeners, ir.Listener{Name: string(rune('a' + i)), Port: port, Protocol: ir.HTTP})
	}
	return lb
}

// reconcile does what core does: observe, plan, apply if there is something
// to do. It gives the ids of the plan's steps.
func (w *world) reconcile(desired *ir.LoadBalancer) (providers.Observation, []string, error) {
	w.t.Helper()
	o, err := w.Observe(w.t.Context(), web)
	if err != nil {
		w.t.Fatal(err)
	}
	p := w.Plan(web, nil, desired, o)
	var ids []string
	for _, s := range p.Steps {
		ids = append(ids, string(s.Op)+" "+s.Resource)
	}
	if p.Empty() {
		return o, nil, nil
	}
	o, _, err = w.Apply(w.t.Context(), web, p, onePod{})
	return o, ids, err
}

// must reconciles and accepts only success and waiting.
func (w *world) must(desired *ir.LoadBalancer, want ...string) providers.Observation {
	w.t.Helper()
	o, steps, err := w.reconcile(desired)
	if err != nil && providers.KindOf(err) != providers.Pending {
		w.t.Fatalf("reconcile: %v", err)
	}
	if !slices.Equal(steps, want) {
		w.t.Errorf("steps are %q, want %q", steps, want)
	}
	return o
}

// all are the steps that create everything.
func all(op string) []string {
	var steps []string
	for _, kind := range []string{"Stream", "ServiceAccount", "Secret", "Deployment", "Service", "PodDisruptionBudget"} {
		steps = append(steps, op+" "+id(kind, web))
	}
	return steps
}

func (w *world) get(o client.Object) {
	w.t.Helper()
	if err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: "shop", Name: objectName(web)}, o); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) update(o client.Object) {
	w.t.Helper()
	if err := w.client.Update(w.t.Context(), o); err != nil {
		w.t.Fatal(err)
	}
}

// balance gives the Service an address and makes pods ready, as a cluster
// would.
func (w *world) balance(pods ...string) {
	w.t.Helper()
	var service corev1.Service
	w.get(&service)
	service.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}}
	if err := w.client.Status().Update(w.t.Context(), &service); err != nil {
		w.t.Fatal(err)
	}
	labels := owner.Marks(web)
	labels[discoveryv1.LabelServiceName] = service.Name
	slice := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: service.Name, Labels: labels}}
	slice.Ports = portsOf(&service)
	for _, pod := range pods {
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{"10.0.0.9"}, TargetRef: &corev1.ObjectReference{Kind: "Pod", Name: pod},
		})
	}
	if err := w.client.Create(w.t.Context(), slice); err != nil {
		w.t.Fatal(err)
	}
}

// portsOf are the ports that the EndpointSlices of a Service have.
func portsOf(s *corev1.Service) []discoveryv1.EndpointPort {
	var ports []discoveryv1.EndpointPort
	for _, p := range s.Spec.Ports {
		ports = append(ports, discoveryv1.EndpointPort{Name: &p.Name, Port: &p.TargetPort.IntVal})
	}
	return ports
}

// serve answers proxies and gives the address.
func (w *world) serve() string {
	w.t.Helper()
	if _, err := w.ca.get(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.server.Serve(ctx, listener, w.ca) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	})
	return listener.Addr().String()
}

// proxy connects to the stream with what is in the Secret, and acknowledges
// everything, or refuses everything of the kinds in refuses.
func (w *world) proxy(address, pod string, refuses map[string]string) {
	w.t.Helper()
	var secret corev1.Secret
	w.get(&secret)
	certificate, err := tls.X509KeyPair(secret.Data[wire.CertFile], secret.Data[wire.KeyFile])
	if err != nil {
		w.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(secret.Data[wire.CAFile])
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{certificate}, RootCAs: pool, ServerName: wire.HubServerName, Time: w.clock.Now,
	})))
	if err != nil {
		w.t.Fatal(err)
	}
	stream, err := discovery.NewAggregatedDiscoveryServiceClient(conn).DeltaAggregatedResources(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- acknowledge(stream, pod, refuses) }()
	w.t.Cleanup(func() {
		err := conn.Close()
		w.t.Log("proxy ended", "pod", pod, "error", errors.Join(err, <-done))
	})
}

func acknowledge(stream discovery.AggregatedDiscoveryService_DeltaAggregatedResourcesClient, pod string, refuses map[string]string) error {
	for _, kind := range wire.Types {
		if err := stream.Send(&discovery.DeltaDiscoveryRequest{Node: &core.Node{Id: pod}, TypeUrl: kind}); err != nil {
			return err
		}
	}
	for {
		r, err := stream.Recv()
		if err != nil {
			return err
		}
		answer := &discovery.DeltaDiscoveryRequest{TypeUrl: r.TypeUrl, ResponseNonce: r.Nonce}
		if words, refused := refuses[r.TypeUrl]; refused {
			answer.ErrorDetail = &status.Status{Code: 3, Message: words}
		}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}

// until observes until ok holds.
func (w *world) until(what string, ok func(providers.Observation) bool) providers.Observation {
	w.t.Helper()
	deadline := time.After(patience)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		o, err := w.Observe(w.t.Context(), web)
		if err != nil {
			w.t.Fatal(err)
		}
		if ok(o) {
			return o
		}
		select {
		case <-again.C:
		case <-deadline:
			w.t.Fatalf("waited for %s; there is %+v", what, o)
		}
	}
}
