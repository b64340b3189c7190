package dns

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

type cluster struct {
	services map[string]*corev1.Service
	slices   []*discoveryv1.EndpointSlice
}

func (c cluster) Get(namespace, name string) (*corev1.Service, bool) {
	s, ok := c.services[namespace+"/"+name]
	return s, ok
}

func (c cluster) List() []*discoveryv1.EndpointSlice { return c.slices }

func service(namespace, name string, spec corev1.ServiceSpec) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: spec}
}

func example() cluster {
	port := []corev1.ServicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80}}
	endpoint := func(address, host string, ready bool) discoveryv1.Endpoint {
		e := discoveryv1.Endpoint{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: &ready}}
		if host != "" {
			e.Hostname = &host
		}
		return e
	}
	return cluster{
		services: map[string]*corev1.Service{
			"shop/web":  service("shop", "web", corev1.ServiceSpec{ClusterIP: "10.128.4.5", Ports: port}),
			"shop/db":   service("shop", "db", corev1.ServiceSpec{ClusterIP: "None", Ports: port}),
			"shop/else": service("shop", "else", corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "example.com"}),
		},
		slices: []*discoveryv1.EndpointSlice{{
			ObjectMeta:  metav1.ObjectMeta{Namespace: "shop", Labels: map[string]string{discoveryv1.LabelServiceName: "db"}},
			AddressType: discoveryv1.AddressTypeIPv4,
			Ports:       []discoveryv1.EndpointPort{{Name: ptr.To("http"), Port: ptr.To[int32](8080)}},
			Endpoints: []discoveryv1.Endpoint{
				endpoint("10.64.1.3", "", true), endpoint("10.64.1.2", "db-0", true), endpoint("10.64.1.4", "", false),
			},
		}},
	}
}

func TestAnswer(t *testing.T) {
	c := example()
	s := NewServer(c, c, slog.New(slog.DiscardHandler))
	for _, test := range []struct {
		name string
		kind uint16
		code int
		want []string
	}{
		{"web.shop.svc.cluster.local.", dns.TypeA, 0, []string{"10.128.4.5"}},
		{"WEB.shop.SVC.cluster.local.", dns.TypeA, 0, []string{"10.128.4.5"}},
		{"web.shop.svc.cluster.local.", dns.TypeAAAA, 0, nil},
		{"absent.shop.svc.cluster.local.", dns.TypeA, dns.RcodeNameError, nil},
		{"web.shop.svc.cluster.local.shop.svc.cluster.local.", dns.TypeA, dns.RcodeNameError, nil},
		{"db.shop.svc.cluster.local.", dns.TypeA, 0, []string{"10.64.1.2", "10.64.1.3"}},
		{"db-0.db.shop.svc.cluster.local.", dns.TypeA, 0, []string{"10.64.1.2"}},
		{"10-64-1-3.db.shop.svc.cluster.local.", dns.TypeA, 0, []string{"10.64.1.3"}},
		{"db-9.db.shop.svc.cluster.local.", dns.TypeA, dns.RcodeNameError, nil},
		{"_http._tcp.web.shop.svc.cluster.local.", dns.TypeSRV, 0, []string{"0 1 80 web.shop.svc.cluster.local."}},
		{"_http._tcp.db.shop.svc.cluster.local.", dns.TypeSRV, 0, []string{
			"0 1 8080 10-64-1-3.db.shop.svc.cluster.local.", "0 1 8080 db-0.db.shop.svc.cluster.local.",
		}},
		{"_http._tcp.web.shop.svc.cluster.local.", dns.TypeA, 0, nil},
		{"_none._tcp.web.shop.svc.cluster.local.", dns.TypeSRV, dns.RcodeNameError, nil},
		{"_tcp.web.shop.svc.cluster.local.", dns.TypeSRV, 0, nil},
		{"else.shop.svc.cluster.local.", dns.TypeA, 0, []string{"example.com."}},
		{"10-64-1-9.shop.pod.cluster.local.", dns.TypeA, 0, []string{"10.64.1.9"}},
		{"nonsense.shop.pod.cluster.local.", dns.TypeA, dns.RcodeNameError, nil},
		{"shop.svc.cluster.local.", dns.TypeA, 0, nil},
		{"example.com.", dns.TypeA, dns.RcodeNameError, nil},
	} {
		m := s.answer(new(dns.Msg).SetQuestion(test.name, test.kind))
		var got []string
		for _, record := range m.Answer {
			got = append(got, strings.TrimPrefix(record.String(), record.Header().String()))
		}
		slices.Sort(got)
		if m.Rcode != test.code || !slices.Equal(got, test.want) {
			t.Errorf("%s %s: code %d, %q; want %d, %q", dns.TypeToString[test.kind], test.name, m.Rcode, got, test.code, test.want)
		}
		if (len(got) == 0) != (len(m.Ns) == 1) {
			t.Errorf("%s: %d answers and %d authority records", test.name, len(got), len(m.Ns))
		}
	}
}
