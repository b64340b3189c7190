package endpoints_test

import (
	"reflect"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/endpoints"
)

func slice(family discoveryv1.AddressType, port string, number int32, list ...discoveryv1.Endpoint) discoveryv1.EndpointSlice {
	return discoveryv1.EndpointSlice{
		AddressType: family,
		Ports:       []discoveryv1.EndpointPort{{Name: &port, Port: &number}},
		Endpoints:   list,
	}
}

func TestFromSlices(t *testing.T) {
	service := &corev1.Service{Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{
		{Name: "dns-udp", Port: 53, Protocol: corev1.ProtocolUDP},
		{Name: "http", Port: 80},
		{Name: "dns", Port: 53, Protocol: corev1.ProtocolTCP},
	}}}
	n1 := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "n1", Labels: map[string]string{corev1.LabelTopologyRegion: "r1", corev1.LabelTopologyZone: "z1"}},
		Spec:       corev1.NodeSpec{ProviderID: "cloud://1"},
		Status:     corev1.NodeStatus{Addresses: []corev1.NodeAddress{{Type: corev1.NodeHostName, Address: "n1"}, {Type: corev1.NodeInternalIP, Address: "192.0.2.1"}}},
	}
	node := func(name string) *corev1.Node {
		if name == "n1" {
			return n1
		}
		return nil
	}
	all := []discoveryv1.EndpointSlice{
		slice(discoveryv1.AddressTypeIPv4, "http", 3000,
			discoveryv1.Endpoint{Addresses: []string{"10.0.0.2"}, NodeName: new("n1"), Conditions: discoveryv1.EndpointConditions{Ready: new(false)}},
			discoveryv1.Endpoint{Addresses: []string{"10.0.0.1"}, NodeName: new("gone"), Zone: new("z9")}),
		slice(discoveryv1.AddressTypeIPv4, "http", 3000,
			// Also in the slice above, where it was not ready yet.
			discoveryv1.Endpoint{Addresses: []string{"10.0.0.2"}, NodeName: new("n1"), Conditions: discoveryv1.EndpointConditions{Ready: new(true)}}),
		slice(discoveryv1.AddressTypeIPv6, "http", 3000,
			discoveryv1.Endpoint{Addresses: []string{"fd00::1"}, Conditions: discoveryv1.EndpointConditions{
				Ready: new(false), Serving: new(true), Terminating: new(true)}},
			// As of a Service that publishes pods that are not ready.
			discoveryv1.Endpoint{Addresses: []string{"fd00::2"}, Conditions: discoveryv1.EndpointConditions{
				Ready: new(true), Serving: new(false)}},
			discoveryv1.Endpoint{Addresses: []string{"fd00::3"}, Conditions: discoveryv1.EndpointConditions{Ready: new(false)}}),
		slice(discoveryv1.AddressTypeFQDN, "http", 3000, discoveryv1.Endpoint{Addresses: []string{"a.example"}}),
		slice(discoveryv1.AddressTypeIPv4, "metrics", 9000, discoveryv1.Endpoint{Addresses: []string{"10.0.0.1"}}),
		slice(discoveryv1.AddressTypeIPv4, "dns", 5353, discoveryv1.Endpoint{Addresses: []string{"10.0.0.1"}}),
	}
	got := endpoints.FromSlices(service, all, node, endpoints.Locality{Region: "r0", Network: "net"})
	want := endpoints.Ports{
		53: {Name: "dns", Endpoints: []ir.Endpoint{{Address: "10.0.0.1", Port: 5353, Region: "r0", Network: "net", Serving: true}}},
		80: {Name: "http", Endpoints: []ir.Endpoint{
			{Address: "10.0.0.1", Port: 3000, Zone: "z9", Region: "r0", Network: "net", Node: "gone", Serving: true},
			{Address: "10.0.0.2", Port: 3000, Zone: "z1", Region: "r1", Network: "net", Node: "n1", NodeIP: "192.0.2.1", ProviderID: "cloud://1", Serving: true},
			{Address: "fd00::1", Port: 3000, Region: "r0", Network: "net", Serving: true, Terminating: true},
			{Address: "fd00::2", Port: 3000, Region: "r0", Network: "net", Serving: true},
			{Address: "fd00::3", Port: 3000, Region: "r0", Network: "net"},
		}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("ports are\n%+v, want\n%+v", got, want)
	}
}

func TestAPodOfTwoFamiliesCountsOnce(t *testing.T) {
	four := slice(discoveryv1.AddressTypeIPv4, "", 3000, discoveryv1.Endpoint{Addresses: []string{"10.0.0.1"}})
	six := slice(discoveryv1.AddressTypeIPv6, "", 3000, discoveryv1.Endpoint{Addresses: []string{"fd00::1"}})
	none := slice(discoveryv1.AddressTypeIPv4, "", 3000)
	for name, c := range map[string]struct {
		families []corev1.IPFamily
		slices   []discoveryv1.EndpointSlice
		want     []string
	}{
		"IPv4 first":             {[]corev1.IPFamily{corev1.IPv4Protocol, corev1.IPv6Protocol}, []discoveryv1.EndpointSlice{four, six}, []string{"10.0.0.1"}},
		"IPv6 first":             {[]corev1.IPFamily{corev1.IPv6Protocol, corev1.IPv4Protocol}, []discoveryv1.EndpointSlice{four, six}, []string{"fd00::1"}},
		"only the other":         {[]corev1.IPFamily{corev1.IPv4Protocol}, []discoveryv1.EndpointSlice{six, none}, []string{"fd00::1"}},
		"a Service without them": {nil, []discoveryv1.EndpointSlice{four, six}, []string{"10.0.0.1", "fd00::1"}},
	} {
		service := &corev1.Service{Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}, IPFamilies: c.families}}
		var got []string
		for _, e := range endpoints.FromSlices(service, c.slices, nobody, endpoints.Locality{})[80].Endpoints {
			got = append(got, e.Address)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestAPortsNumberMayDifferByNode(t *testing.T) {
	service := &corev1.Service{Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "web", Port: 80}, {Name: "dns", Port: 53, Protocol: corev1.ProtocolUDP}}}}
	old := slice(discoveryv1.AddressTypeIPv4, "web", 3000, discoveryv1.Endpoint{Addresses: []string{"10.0.0.1"}})
	now := slice(discoveryv1.AddressTypeIPv4, "web", 8080, discoveryv1.Endpoint{Addresses: []string{"10.0.0.2"}})
	got := endpoints.FromSlices(service, []discoveryv1.EndpointSlice{old, now}, nobody, endpoints.Locality{})
	want := endpoints.Ports{80: {Name: "web", Endpoints: []ir.Endpoint{
		{Address: "10.0.0.1", Port: 3000, Serving: true}, {Address: "10.0.0.2", Port: 8080, Serving: true},
	}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func nobody(string) *corev1.Node { return nil }
