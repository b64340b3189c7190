package service

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

func web(balancers ...string) *corev1.Service {
	s := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "web"},
		Spec: corev1.ServiceSpec{ClusterIP: "10.128.1.1", ClusterIPs: []string{"10.128.1.1"}, Ports: []corev1.ServicePort{
			{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80},
			{Name: "dns", Protocol: corev1.ProtocolUDP, Port: 53},
		}},
	}
	for _, ip := range balancers {
		s.Status.LoadBalancer.Ingress = append(s.Status.LoadBalancer.Ingress, corev1.LoadBalancerIngress{IP: ip})
	}
	return s
}

func slice(port string, protocol corev1.Protocol, number int32, endpoints ...discoveryv1.Endpoint) *discoveryv1.EndpointSlice {
	return &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Namespace: "ns", Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: &port, Protocol: &protocol, Port: &number}},
		Endpoints:   endpoints,
	}
}

func at(address string, ready, serving, terminating bool) discoveryv1.Endpoint {
	return discoveryv1.Endpoint{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{
		Ready: ptr.To(ready), Serving: ptr.To(serving), Terminating: ptr.To(terminating),
	}}
}

func tcp(address string) Frontend {
	return Frontend{netip.MustParseAddr(address), corev1.ProtocolTCP, 80}
}

func TestBuild(t *testing.T) {
	ready, unready := at("10.64.1.2", true, true, false), at("10.64.1.3", false, false, false)
	leaving := at("10.64.1.4", false, true, true)
	http := func(e ...discoveryv1.Endpoint) []*discoveryv1.EndpointSlice {
		return []*discoveryv1.EndpointSlice{slice("http", corev1.ProtocolTCP, 8080, e...)}
	}
	a, b := netip.MustParseAddrPort("10.64.1.2:8080"), netip.MustParseAddrPort("10.64.1.4:8080")
	for name, c := range map[string]struct {
		service *corev1.Service
		slices  []*discoveryv1.EndpointSlice
		want    Rules
	}{
		"ready only":          {web(), http(ready, unready, leaving), Rules{tcp("10.128.1.1"): {a}}},
		"leaving as the last": {web(), http(unready, leaving), Rules{tcp("10.128.1.1"): {b}}},
		"none":                {web(), http(unready), Rules{}},
		"balancer":            {web("198.18.0.1"), http(ready), Rules{tcp("10.128.1.1"): {a}, tcp("198.18.0.1"): {a}}},
		"several slices, one endpoint twice": {
			web(), append(http(leaving, ready), http(at("10.64.1.4", true, true, false), ready)...), Rules{tcp("10.128.1.1"): {a, b}},
		},
		"udp": {
			web(), []*discoveryv1.EndpointSlice{slice("dns", corev1.ProtocolUDP, 5353, ready)},
			Rules{{netip.MustParseAddr("10.128.1.1"), corev1.ProtocolUDP, 53}: {netip.MustParseAddrPort("10.64.1.2:5353")}},
		},
		"headless": {
			&corev1.Service{ObjectMeta: web().ObjectMeta, Spec: corev1.ServiceSpec{ClusterIP: "None", ClusterIPs: []string{"None"}, Ports: web().Spec.Ports}},
			http(ready), Rules{},
		},
	} {
		got := Build([]*corev1.Service{c.service}, c.slices)
		if !maps.EqualFunc(got, c.want, slices.Equal) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestDiff(t *testing.T) {
	a, b := netip.MustParseAddrPort("10.64.1.2:80"), netip.MustParseAddrPort("10.64.1.3:80")
	kept, changed, gone, fresh := tcp("10.128.0.1"), tcp("10.128.0.2"), tcp("10.128.0.3"), tcp("10.128.0.4")
	c := diff(Rules{kept: {a}, changed: {a}, gone: {a}}, Rules{kept: {a}, changed: {a, b}, fresh: {b}})
	if !slices.Equal(c.set, []Frontend{changed, fresh}) || !slices.Equal(c.gone, []Frontend{gone}) {
		t.Errorf("set %v, gone %v", c.set, c.gone)
	}
	if c.fresh[changed] || !c.fresh[fresh] {
		t.Errorf("fresh: %v", c.fresh)
	}
	if !slices.Equal(c.hairpinsSet, []netip.Addr{b.Addr()}) || len(c.hairpinsGone) != 0 {
		t.Errorf("hairpins: %v, %v", c.hairpinsSet, c.hairpinsGone)
	}
	if same := diff(Rules{kept: {a}}, Rules{kept: {a}}); !same.empty() {
		t.Errorf("no change gives %+v", same)
	}
}
