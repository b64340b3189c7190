package dns

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

// ttl is how many seconds an answer may be kept: that of the usual addon's default.
const ttl = 5

// Server answers queries.
type Server struct {
	records records
	log     *slog.Logger
}

// NewServer makes a server of what the caches hold.
func NewServer(services Services, endpoints EndpointSlices, log *slog.Logger) *Server {
	return &Server{records: records{services, endpoints}, log: log}
}

// Serve opens port 53 of the address, for UDP and TCP, and answers until ctx ends. It returns once both are open.
func (s *Server) Serve(ctx context.Context, address netip.Addr) error {
	at := netip.AddrPortFrom(address, 53).String()
	packets, err := net.ListenPacket("udp", at)
	if err != nil {
		return fmt.Errorf("open DNS over UDP: %w", err)
	}
	listener, err := net.Listen("tcp", at)
	if err != nil {
		return errors.Join(fmt.Errorf("open DNS over TCP: %w", err), packets.Close())
	}
	for _, server := range []*dns.Server{{PacketConn: packets, Handler: s}, {Listener: listener, Handler: s}} {
		go func() {
			if err := server.ActivateAndServe(); err != nil && ctx.Err() == nil {
				s.log.Error("the DNS server ended", "err", err)
			}
		}()
	}
	context.AfterFunc(ctx, func() {
		if err := errors.Join(packets.Close(), listener.Close()); err != nil {
			s.log.Debug("closing the DNS server", "err", err)
		}
	})
	return nil
}

// ServeDNS implements dns.Handler.
func (s *Server) ServeDNS(w dns.ResponseWriter, query *dns.Msg) {
	answer := s.answer(query)
	if _, ok := w.RemoteAddr().(*net.UDPAddr); ok {
		size := dns.MinMsgSize
		if o := query.IsEdns0(); o != nil {
			size = int(o.UDPSize())
		}
		answer.Truncate(size)
	}
	if err := w.WriteMsg(answer); err != nil {
		s.log.Debug("cannot send a DNS answer", "err", err)
	}
}

func (s *Server) answer(query *dns.Msg) *dns.Msg {
	m := new(dns.Msg)
	m.SetReply(query)
	m.Authoritative, m.RecursionAvailable = true, true
	if len(query.Question) != 1 {
		return m.SetRcode(query, dns.RcodeFormatError)
	}
	q := query.Question[0]
	found := s.records.find(strings.ToLower(q.Name))
	switch {
	case !found.exists:
		m.Rcode = dns.RcodeNameError
	case found.alias != "":
		m.Answer = append(m.Answer, &dns.CNAME{Hdr: header(q.Name, dns.TypeCNAME), Target: found.alias})
	case q.Qtype == dns.TypeA && found.port == "":
		m.Answer = addresses(q.Name, found)
	case q.Qtype == dns.TypeSRV:
		m.Answer, m.Extra = ports(q.Name, found)
	}
	if len(m.Answer) == 0 {
		// A name without such a record must not be kept for longer than one that has it.
		m.Ns = append(m.Ns, &dns.SOA{
			Hdr: header(Domain, dns.TypeSOA), Ns: "ns.dns." + Domain, Mbox: "hostmaster." + Domain,
			Serial: 1, Refresh: 7200, Retry: 1800, Expire: 86400, Minttl: ttl,
		})
	}
	return m
}

func header(name string, kind uint16) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: ttl}
}

// addresses are the A records of a name, in random order.
func addresses(name string, found result) []dns.RR {
	list := make([]dns.RR, len(found.targets))
	for i, t := range found.targets {
		list[i] = &dns.A{Hdr: header(name, dns.TypeA), A: t.address.AsSlice()}
	}
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// ports are the SRV records of a name, and the addresses of their targets.
func ports(name string, found result) (answer, extra []dns.RR) {
	for _, t := range found.targets {
		host := found.service
		if t.host != "" {
			host = t.host + "." + found.service
		}
		for _, p := range t.ports {
			if found.port != "" && (p.name != found.port || p.protocol != found.protocol) {
				continue
			}
			answer = append(answer, &dns.SRV{Hdr: header(name, dns.TypeSRV), Weight: 1, Port: p.number, Target: host})
		}
		extra = append(extra, &dns.A{Hdr: header(host, dns.TypeA), A: t.address.AsSlice()})
	}
	return answer, extra
}
