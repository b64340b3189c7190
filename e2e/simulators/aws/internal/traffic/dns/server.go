// Package dns answers for the names of load balancers with the addresses of their nodes.
package dns

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// ttl is that of a load balancer's records: "The DNS entry also specifies the time-to-live (TTL) of 60 seconds" (How
// Elastic Load Balancing works).
const ttl = 60

// Lookup finds a name's addresses; false when there is no such name. Names come in lower case without a dot at the end.
type Lookup func(name string) ([]netip.Addr, bool)

// Server answers queries.
type Server struct {
	lookup  Lookup
	log     *slog.Logger
	packets net.PacketConn
	streams net.Listener
}

// Listen opens an address for UDP and TCP and answers until Close. With port 0 both have the port that is free.
func Listen(address string, lookup Lookup, log *slog.Logger) (*Server, error) {
	streams, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("open DNS over TCP: %w", err)
	}
	packets, err := net.ListenPacket("udp", streams.Addr().String())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open DNS over UDP: %w", err), streams.Close())
	}
	s := &Server{lookup: lookup, log: log, packets: packets, streams: streams}
	for _, server := range []*dns.Server{{PacketConn: packets, Handler: s}, {Listener: streams, Handler: s}} {
		go func() {
			if err := server.ActivateAndServe(); err != nil && !errors.Is(err, net.ErrClosed) {
				log.Error("the DNS server ended", "err", err)
			}
		}()
	}
	return s, nil
}

// Address is where it answers.
func (s *Server) Address() string { return s.streams.Addr().String() }

// Close ends it.
func (s *Server) Close() error { return errors.Join(s.packets.Close(), s.streams.Close()) }

// ServeDNS implements dns.Handler. The server is authoritative for the load balancers' zones. It is no resolver and
// refuses other names, so that clients that know several servers ask the next.
func (s *Server) ServeDNS(w dns.ResponseWriter, query *dns.Msg) {
	answer := new(dns.Msg).SetReply(query)
	answer.Authoritative = true
	for _, question := range query.Question {
		name := strings.ToLower(strings.TrimSuffix(question.Name, "."))
		addresses, ok := s.lookup(name)
		switch {
		case ok:
			answer.Answer = append(answer.Answer, records(question, addresses)...)
		case inZone(name):
			answer.Rcode = dns.RcodeNameError
		default:
			answer.Rcode, answer.Authoritative = dns.RcodeRefused, false
		}
	}
	if err := w.WriteMsg(answer); err != nil {
		s.log.Debug("answer a DNS query", "err", err)
	}
}

// inZone tells whether a name is one that a load balancer may have: NAME.REGION.elb.amazonaws.com, or
// NAME.elb.REGION.amazonaws.com of a Network Load Balancer.
func inZone(name string) bool {
	return strings.Contains(name, ".elb.") && strings.HasSuffix(name, ".amazonaws.com")
}

// records are the addresses of the family that was asked for, in another order each time.
func records(question dns.Question, addresses []netip.Addr) []dns.RR {
	header := dns.RR_Header{Name: question.Name, Class: dns.ClassINET, Ttl: ttl}
	var all []dns.RR
	for _, i := range rand.Perm(len(addresses)) {
		switch address := addresses[i]; {
		case address.Is4() && (question.Qtype == dns.TypeA || question.Qtype == dns.TypeANY):
			header.Rrtype = dns.TypeA
			all = append(all, &dns.A{Hdr: header, A: address.AsSlice()})
		case address.Is6() && (question.Qtype == dns.TypeAAAA || question.Qtype == dns.TypeANY):
			header.Rrtype = dns.TypeAAAA
			all = append(all, &dns.AAAA{Hdr: header, AAAA: address.AsSlice()})
		}
	}
	return all
}
