package gather_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/snapshot"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// world is a cache of objects that keeps which routes were read.
type world struct {
	client.WithWatch
	reads map[string]bool
	fail  error
}

func newWorld(t *testing.T, objects ...client.Object) *world {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, gatewayv1.Install, mcsv1beta1.Install} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	w := &world{reads: map[string]bool{}}
	w.WithWatch = fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithInterceptorFuncs(interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			if _, is := o.(*gatewayv1.HTTPRoute); is {
				w.reads[key.Name] = true
				if w.fail != nil {
					return w.fail
				}
			}
			return c.Get(ctx, key, o, opts...)
		},
	}).Build()
	return w
}

// replace puts a route in the place of the one of the same name.
func (w *world) replace(t *testing.T, r *gatewayv1.HTTPRoute) {
	t.Helper()
	present := &gatewayv1.HTTPRoute{}
	if err := w.Get(t.Context(), client.ObjectKeyFromObject(r), present); err != nil {
		t.Fatal(err)
	}
	present.Spec = r.Spec
	if err := w.Update(t.Context(), present); err != nil {
		t.Fatal(err)
	}
}

func meta(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "n", Name: name} }

func route(name, gw, imported string) *gatewayv1.HTTPRoute {
	r := &gatewayv1.HTTPRoute{ObjectMeta: meta(name)}
	r.Spec.ParentRefs = []gatewayv1.ParentReference{{Name: gatewayv1.ObjectName(gw)}}
	group, kind := gatewayv1.Group(translate.ImportGroup), gatewayv1.Kind("ServiceImport")
	b := gatewayv1.HTTPBackendRef{}
	b.Group, b.Kind, b.Name = &group, &kind, gatewayv1.ObjectName(imported)
	r.Spec.Rules = []gatewayv1.HTTPRouteRule{{BackendRefs: []gatewayv1.HTTPBackendRef{b}}}
	return r
}

func names(s *snapshot.Gateway) (out []string) {
	for _, r := range s.Routes {
		out = append(out, r.Key.Name)
	}
	return out
}

func TestOneChangeReadsOneRoute(t *testing.T) {
	w := newWorld(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "n", Labels: map[string]string{"a": "b"}}})
	for i := range 20 {
		if err := w.Create(t.Context(), route(fmt.Sprintf("r%02d", i), "web", "echo")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Create(t.Context(), route("other", "elsewhere", "echo")); err != nil {
		t.Fatal(err)
	}
	g, gw := gather.New(w), &gatewayv1.Gateway{ObjectMeta: meta("web")}
	key := client.ObjectKeyFromObject(gw)
	take := func() *snapshot.Gateway {
		t.Helper()
		clear(w.reads)
		s, err := g.Snapshot(t.Context(), gw)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := take()
	if len(first.Routes) != 20 || first.Routes[0].NamespaceLabels["a"] != "b" {
		t.Fatalf("first snapshot: %v", names(first))
	}
	if again := take(); len(w.reads) != 0 || again.Routes[3] != first.Routes[3] {
		t.Errorf("nothing changed, and %d routes were read", len(w.reads))
	}

	changed := route("r05", "web", "other")
	w.replace(t, changed)
	if touched := g.RouteChanged(client.ObjectKeyFromObject(changed), changed); !slices.Equal(touched, []gather.Key{key}) {
		t.Errorf("touched %v", touched)
	}
	s := take()
	if len(w.reads) != 1 || s.Routes[5] == first.Routes[5] || s.Routes[4] != first.Routes[4] {
		t.Errorf("one route changed, and %d were read", len(w.reads))
	}

	imported := &mcsv1beta1.ServiceImport{ObjectMeta: meta("other"), Spec: mcsv1beta1.ServiceImportSpec{Ports: []mcsv1beta1.ServicePort{{Port: 80}}}}
	if err := w.Create(t.Context(), imported); err != nil {
		t.Fatal(err)
	}
	if touched := g.BackendChanged(endpoints.Service("n", "other")); !slices.Equal(touched, []gather.Key{key}) {
		t.Errorf("an import touched %v", touched)
	}
	if s = take(); len(w.reads) != 1 || len(s.Routes[5].Backends) != 1 {
		t.Errorf("an import changed: %d routes read, imports %v", len(w.reads), s.Routes[5].Backends)
	}

	moved := route("r05", "elsewhere", "other")
	w.replace(t, moved)
	if touched := g.RouteChanged(client.ObjectKeyFromObject(moved), moved); len(touched) != 2 {
		t.Errorf("a route that moved touched %v, want the old and the new Gateway", touched)
	}
	if s = take(); len(s.Routes) != 19 || slices.Contains(names(s), "r05") {
		t.Errorf("after the move: %v", names(s))
	}
}

func TestAFailedReadIsTriedAgain(t *testing.T) {
	w := newWorld(t, route("r", "web", "echo"))
	g, gw := gather.New(w), &gatewayv1.Gateway{ObjectMeta: meta("web")}
	w.fail = fmt.Errorf("cache is away")
	if _, err := g.Snapshot(t.Context(), gw); err == nil {
		t.Fatal("no error")
	}
	w.fail = nil
	s, err := g.Snapshot(t.Context(), gw)
	if err != nil || len(s.Routes) != 1 {
		t.Errorf("after a failed read: %v, %v", names(s), err)
	}
}

func TestNamespacesAndGrantsTouchTheirRoutes(t *testing.T) {
	r := route("r", "web", "echo")
	elsewhere := gatewayv1.Namespace("m")
	r.Spec.Rules[0].BackendRefs[0].Namespace = &elsewhere
	w := newWorld(t, r)
	g, gw := gather.New(w), &gatewayv1.Gateway{ObjectMeta: meta("web")}
	if _, err := g.Snapshot(t.Context(), gw); err != nil {
		t.Fatal(err)
	}
	if err := w.Create(t.Context(), &gatewayv1.ReferenceGrant{ObjectMeta: metav1.ObjectMeta{Namespace: "m", Name: "g"}}); err != nil {
		t.Fatal(err)
	}
	for _, ns := range []string{"m", "n"} {
		if touched := g.NamespaceChanged(ns); len(touched) != 1 {
			t.Errorf("namespace %s touched %v", ns, touched)
		}
	}
	if touched := g.NamespaceChanged("x"); len(touched) != 0 {
		t.Errorf("a foreign namespace touched %v", touched)
	}
	s, err := g.Snapshot(t.Context(), gw)
	if err != nil || len(s.Routes[0].Grants) != 1 {
		t.Errorf("grants not gathered: %v, %v", s, err)
	}
}
