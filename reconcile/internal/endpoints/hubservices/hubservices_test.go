package hubservices

import (
	"reflect"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/endpoints"
)

// over makes Services that read these objects, as their cache would hold them.
func over(t *testing.T, objects ...client.Object) *Services {
	t.Helper()
	b := fake.NewClientBuilder().WithScheme(scheme.Scheme)
	for name, f := range indexes {
		b = b.WithIndex(&discoveryv1.EndpointSlice{}, name, f)
	}
	for _, o := range objects {
		stripped, err := endpoints.Strip(o)
		if err != nil {
			t.Fatal(err)
		}
		b = b.WithObjects(stripped.(client.Object))
	}
	return &Services{reader: b.Build(), synced: []toolscache.InformerSynced{func() bool { return true }}}
}

func meta(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "shop", Name: name} }

func service(name string, spec corev1.ServiceSpec) *corev1.Service {
	return &corev1.Service{ObjectMeta: meta(name), Spec: spec}
}

// slice is a slice made by hand: no controller, no targetRef.
func slice(name, of string, endpoints ...discoveryv1.Endpoint) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{ObjectMeta: meta(name), AddressType: discoveryv1.AddressTypeIPv4, Endpoints: endpoints,
		Ports: []discoveryv1.EndpointPort{{Name: new("first"), Port: new(int32(3000))}}}
	s.Labels = map[string]string{discoveryv1.LabelServiceName: of}
	return s
}

func TestEndpoints(t *testing.T) {
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1", Labels: map[string]string{corev1.LabelTopologyZone: "z1"}}, Spec: corev1.NodeSpec{ProviderID: "cloud://1"}}
	ports := []corev1.ServicePort{{Name: "first", Port: 8080}}
	s := over(t, node,
		service("echo", corev1.ServiceSpec{Ports: ports}),
		slice("echo-1", "echo",
			discoveryv1.Endpoint{Addresses: []string{"10.0.0.1"}, NodeName: new("n1")},
			discoveryv1.Endpoint{Addresses: []string{"10.0.0.2"}, Conditions: discoveryv1.EndpointConditions{Ready: new(false), Serving: new(true), Terminating: new(true)}}),
		slice("echo-2", "echo", discoveryv1.Endpoint{Addresses: []string{"10.0.0.3"}}),
		slice("other", "headless", discoveryv1.Endpoint{Addresses: []string{"10.0.0.9"}}),
		service("headless", corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, Ports: ports}),
		service("external", corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, Ports: ports}),
		slice("external", "external", discoveryv1.Endpoint{Addresses: []string{"10.0.0.8"}}),
	)
	for pool, want := range map[string][]ir.ClusterEndpoints{
		"Service/shop/echo/8080": {{Known: true, Endpoints: []ir.Endpoint{
			{Address: "10.0.0.1", Port: 3000, Zone: "z1", Node: "n1", ProviderID: "cloud://1", Serving: true},
			{Address: "10.0.0.2", Port: 3000, Serving: true, Terminating: true},
			{Address: "10.0.0.3", Port: 3000, Serving: true},
		}}},
		"Service/shop/headless/8080":   {{Known: true, Endpoints: []ir.Endpoint{{Address: "10.0.0.9", Port: 3000, Serving: true}}}},
		"Service/shop/echo/81":         {{Known: true}},
		"Service/shop/external/8080":   {{Known: true}},
		"Service/shop/gone/8080":       {{Known: true}},
		"ServiceImport/shop/echo/8080": nil,
		"Service/shop/echo":            nil,
	} {
		if got := s.Endpoints(pool); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", pool, got, want)
		}
	}
	s.synced = append(s.synced, func() bool { return false })
	if got := s.Endpoints("Service/shop/echo/8080"); !reflect.DeepEqual(got, []ir.ClusterEndpoints{{}}) {
		t.Errorf("before everything was read: %+v, want not known", got)
	}
}

func TestEventsNameTheServicesWhoseEndpointsMayDiffer(t *testing.T) {
	var heard []string
	s := over(t, slice("a", "echo", discoveryv1.Endpoint{Addresses: []string{"10.0.0.1"}, NodeName: new("n1")}))
	services, slices, nodes := s.handlers(t.Context(), func(of ir.Service) { heard = append(heard, of.Kind+"/"+of.Namespace+"/"+of.Name) })
	expect := func(what string, want ...string) {
		t.Helper()
		if !reflect.DeepEqual(heard, want) {
			t.Errorf("%s: heard %q, want %q", what, heard, want)
		}
		heard = nil
	}
	one, touched, moved := slice("a", "echo"), slice("a", "echo"), slice("a", "other")
	touched.ResourceVersion = "2"
	slices.OnAdd(one, false)
	expect("a slice comes", "Service/shop/echo")
	slices.OnUpdate(one, touched)
	expect("nothing of it changes")
	slices.OnUpdate(one, slice("a", "echo", discoveryv1.Endpoint{Addresses: []string{"10.0.0.1"}}))
	expect("an endpoint comes", "Service/shop/echo", "Service/shop/echo")
	slices.OnUpdate(one, moved)
	expect("it changes hands", "Service/shop/echo", "Service/shop/other")
	slices.OnDelete(toolscache.DeletedFinalStateUnknown{Key: "shop/a", Obj: one})
	expect("it went unseen", "Service/shop/echo")

	old, now := service("echo", corev1.ServiceSpec{}), service("echo", corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}})
	services.OnUpdate(old, old)
	expect("a Service stays")
	services.OnUpdate(old, now)
	expect("a port comes", "Service/shop/echo", "Service/shop/echo")

	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1"}}
	nodes.OnUpdate(node, node)
	expect("a node stays")
	nodes.OnAdd(node, false)
	expect("a node comes", "Service/shop/echo")
}
