package local

import (
	"context"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/owner"
)

// run runs the provider until the test's end.
func (w *world) run() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("run: %v", err)
		}
	})
}

// awaitWake fails unless ref is woken.
func (w *world) awaitWake(what string, ref providers.Ref) {
	w.t.Helper()
	select {
	case got := <-w.Wake():
		if got != ref {
			w.t.Errorf("%s: woke %+v, want %+v", what, got, ref)
		}
	case <-time.After(patience):
		w.t.Fatalf("%s: nobody was woken", what)
	}
}

func TestEventsOfOurObjectsWakeTheirGateway(t *testing.T) {
	long := web
	long.Name = strings.Repeat("a", 100)
	meta := func(ref providers.Ref) metav1.ObjectMeta {
		b := blueprint{ref: ref, wish: &ir.LoadBalancer{}}
		return metav1.ObjectMeta{Namespace: ref.Namespace, Name: b.name(), Labels: b.labels(), Annotations: b.annotations(nil)}
	}
	service := &corev1.Service{ObjectMeta: meta(long)}
	w := newWorld(t, service)
	w.run()
	known := runtime.NewScheme()
	if err := scheme.AddToScheme(known); err != nil {
		t.Fatal(err)
	}
	// The fake wants a kind for each Go type, and Secrets are watched as
	// metadata.
	known.AddKnownTypeWithName(metav1.SchemeGroupVersion.WithKind("PartialObjectMetadata"), &metav1.PartialObjectMetadata{})
	informers := &informertest.FakeInformers{Scheme: known}
	if err := w.Watch(t.Context(), informers); err != nil {
		t.Fatal(err)
	}
	add := func(o client.Object) {
		informer, err := informers.FakeInformerFor(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		informer.Add(o)
	}

	foreign := meta(web)
	foreign.Labels[owner.HubKey] = "hub-2"
	add(&appsv1.Deployment{ObjectMeta: foreign})
	add(&discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "other"}})
	add(&appsv1.Deployment{ObjectMeta: meta(web)})
	w.awaitWake("a Deployment", web)
	add(&corev1.Service{ObjectMeta: meta(long)})
	w.awaitWake("a Service of a Gateway with a long name", long)

	slice := meta(long)
	slice.Annotations = nil
	slice.Labels[discoveryv1.LabelServiceName] = service.Name
	add(&discoveryv1.EndpointSlice{ObjectMeta: slice})
	w.awaitWake("an EndpointSlice", long)
	orphan := meta(web)
	orphan.Labels[discoveryv1.LabelServiceName] = orphan.Name
	add(&discoveryv1.EndpointSlice{ObjectMeta: orphan})
	w.awaitWake("an EndpointSlice without a Service", web)
}

func TestAcknowledgementsWake(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.must(wishFor(80), all("Create")...)
	w.proxy(w.serve(), "pod-1", nil)
	deadline := time.After(patience)
	for {
		select {
		case <-w.Wake():
		case <-deadline:
			t.Fatal("nobody was woken")
		}
		if s := w.index.Streams(web); len(s) == 1 && len(s[0].Listeners) == 1 {
			return
		}
	}
}
