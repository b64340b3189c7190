package local

import (
	"errors"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

func node(name string, addresses ...corev1.NodeAddress) *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.NodeStatus{Addresses: addresses}}
}

func TestAddressesFollowTheTypeOfTheService(t *testing.T) {
	internal := func(a string) corev1.NodeAddress {
		return corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: a}
	}
	w := newWorld(t,
		node("a", internal("10.1.0.1"), corev1.NodeAddress{Type: corev1.NodeHostName, Address: "a"}),
		node("b", internal("10.1.0.2"), corev1.NodeAddress{Type: corev1.NodeExternalIP, Address: "192.0.2.9"}),
		node("idle", internal("10.1.0.3")),
	)
	const (
		balanced = corev1.ServiceTypeLoadBalancer
		noWay    = "waiting for an address: nothing has given one to Service/shop/fairway-web-c0fac6df. If the hub has no load-balancer implementation, install one such as MetalLB, or have a LocalGatewayParameters set spec.service.type to NodePort or ClusterIP and refer to it in the GatewayClass's spec.parametersRef or the Gateway's spec.infrastructure.parametersRef"
		notGiven = "spec.addresses asks for 192.0.2.7, which the hub's load-balancer implementation has not given to Service/shop/fairway-web-c0fac6df: ask for an address that it has free, or for none"
	)
	for name, c := range map[string]struct {
		spec    corev1.ServiceSpec
		ingress []corev1.LoadBalancerIngress
		nodes   []string
		want    []ir.Address
		reason  string
		message string
	}{
		"an address and a name": {spec: corev1.ServiceSpec{Type: balanced},
			ingress: []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}, {Hostname: "lb.example.com"}},
			want:    []ir.Address{{Type: ir.IPAddress, Value: "192.0.2.1"}, {Type: ir.Hostname, Value: "lb.example.com"}}},
		"nobody gives any": {spec: corev1.ServiceSpec{Type: balanced}, reason: "AddressNotAssigned", message: noWay},
		"the asked one": {spec: corev1.ServiceSpec{Type: balanced, LoadBalancerIP: "192.0.2.7"},
			ingress: []corev1.LoadBalancerIngress{{IP: "192.0.2.7"}}, want: []ir.Address{{Type: ir.IPAddress, Value: "192.0.2.7"}}},
		"another than the asked one": {spec: corev1.ServiceSpec{Type: balanced, LoadBalancerIP: "192.0.2.7"},
			ingress: []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}}, want: []ir.Address{{Type: ir.IPAddress, Value: "192.0.2.1"}},
			reason: "AddressNotUsable", message: notGiven},
		"none for the asked one": {spec: corev1.ServiceSpec{Type: balanced, LoadBalancerIP: "192.0.2.7"},
			reason: "AddressNotUsable", message: notGiven},
		"nodes": {spec: corev1.ServiceSpec{Type: corev1.ServiceTypeNodePort}, nodes: []string{"b", "a", "gone"},
			want: []ir.Address{{Type: ir.IPAddress, Value: "10.1.0.1"}, {Type: ir.IPAddress, Value: "192.0.2.9"}}},
		"nodes without addresses": {spec: corev1.ServiceSpec{Type: corev1.ServiceTypeNodePort}, nodes: []string{"gone"},
			reason: "AddressNotAssigned", message: "waiting for the nodes that the proxies run on to have addresses"},
		"the Service's own": {spec: corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP, ClusterIPs: []string{"10.96.0.7", "fd00::7"}},
			want: []ir.Address{{Type: ir.IPAddress, Value: "10.96.0.7"}, {Type: ir.IPAddress, Value: "fd00::7"}}},
		"the Service's own, to come": {spec: corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP},
			reason: "AddressNotAssigned", message: "waiting for Service/shop/fairway-web-c0fac6df to have an address"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &state{nodes: map[string]bool{}, objects: map[string]client.Object{"Service": &corev1.Service{
				Spec: c.spec, Status: corev1.ServiceStatus{LoadBalancer: corev1.LoadBalancerStatus{Ingress: c.ingress}},
			}}}
			for _, n := range c.nodes {
				s.nodes[n] = true
			}
			got, err := w.addresses(t.Context(), s)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v (%v), want %v", got, err, c.want)
			}
			// The text is for Waiting, the reason for Apply's error.
			s.published, s.ready = wishFor(80), map[string]bool{"1": true}
			reason, message := s.waiting(web, providers.Observation{Addresses: got})
			if string(reason) != c.reason || message != c.message {
				t.Errorf("waits with reason %q for %q, want %q and %q", reason, message, c.reason, c.message)
			}
		})
	}
}

func TestWithoutAnAddressApplySaysSo(t *testing.T) {
	w := newWorld(t)
	w.must(wishFor(80), all("Create")...)
	w.balance("pod-1")
	var service corev1.Service
	w.get(&service)
	service.Status.LoadBalancer.Ingress = nil
	if err := w.client.Status().Update(t.Context(), &service); err != nil {
		t.Fatal(err)
	}
	_, _, err := w.reconcile(wishFor(81))
	e, ok := errors.AsType[*providers.Error](err)
	if !ok || e.Kind != providers.Pending || e.Reason != "AddressNotAssigned" {
		t.Errorf("apply: %v", err)
	}
}
