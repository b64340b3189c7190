package engine_test

import (
	"log/slog"
	"net/netip"
	"testing"

	"github.com/miekg/dns"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	server "fairway.dev/fairway/e2e/simulators/aws/internal/traffic/dns"
)

// TestDNS answers for load balancers' names over UDP and TCP.
func TestDNS(t *testing.T) {
	w := newWorld(t, traffic.Application)
	six := netip.MustParseAddr("::1")
	w.balancer.Addresses = append(w.balancer.Addresses, traffic.Address{IP: six, Zone: "us-east-1b"})
	w.must(w.SetLoadBalancer(w.balancer))
	s, err := server.Listen(netip.AddrPortFrom(w.address, 0).String(), w.Resolve, slog.New(slog.DiscardHandler))
	w.must(err)
	t.Cleanup(func() { _ = s.Close() })
	for _, test := range []struct {
		network, name string
		kind          uint16
		want          string
		code          int
	}{
		{"udp", "web-1.us-east-1.elb.amazonaws.com.", dns.TypeA, w.address.String(), dns.RcodeSuccess},
		{"tcp", "Web-1.us-east-1.ELB.amazonaws.com.", dns.TypeAAAA, "::1", dns.RcodeSuccess},
		{"udp", "web-1.us-east-1.elb.amazonaws.com.", dns.TypeMX, "", dns.RcodeSuccess},
		{"udp", "other.us-east-1.elb.amazonaws.com.", dns.TypeA, "", dns.RcodeNameError},
		{"udp", "other-1.elb.us-east-1.amazonaws.com.", dns.TypeA, "", dns.RcodeNameError},
		{"udp", "www.example.com.", dns.TypeA, "", dns.RcodeRefused},
	} {
		answer, _, err := (&dns.Client{Net: test.network}).Exchange(new(dns.Msg).SetQuestion(test.name, test.kind), s.Address())
		w.must(err)
		got := ""
		for _, record := range answer.Answer {
			switch record := record.(type) {
			case *dns.A:
				got += record.A.String()
			case *dns.AAAA:
				got += record.AAAA.String()
			}
		}
		if got != test.want || answer.Rcode != test.code {
			t.Errorf("%+v: %q, code %d", test, got, answer.Rcode)
		}
	}
	w.RemoveLoadBalancer(albARN)
	if _, ok := w.Resolve(w.balancer.DNSName); ok {
		t.Error("a removed load balancer has its name yet")
	}
}
