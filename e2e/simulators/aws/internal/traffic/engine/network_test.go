package engine_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// lines is a target that answers each line with a word in front.
func lines(t *testing.T, word string, wrap func(net.Listener) net.Listener) traffic.Target {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := socket.Addr().String()
	if wrap != nil {
		socket = wrap(socket)
	}
	t.Cleanup(func() { _ = socket.Close() })
	go func() {
		for {
			c, err := socket.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				scanner := bufio.NewScanner(c)
				for scanner.Scan() {
					_, _ = fmt.Fprintf(c, "%s %s %s\n", word, scanner.Text(), c.RemoteAddr())
				}
			}()
		}
	}()
	return targetAt(t, address)
}

// dial opens a connection to the listener.
func (w *world) dial() net.Conn {
	w.t.Helper()
	c, err := w.tryDial()
	w.must(err)
	return c
}

func (w *world) tryDial() (net.Conn, error) {
	c, err := net.Dial("tcp", netip.AddrPortFrom(w.address, w.port).String())
	if err != nil {
		return nil, err
	}
	w.t.Cleanup(func() { _ = c.Close() })
	return c, c.SetDeadline(time.Now().Add(10 * time.Second))
}

func say(c net.Conn, text string) (word, back, from string, err error) {
	if _, err = fmt.Fprintln(c, text); err == nil {
		_, err = fmt.Fscanln(c, &word, &back, &from)
	}
	return word, back, from, err
}

// TestStreams forwards TCP connections by flow: each keeps its target; with source_ip stickiness all of a client do.
func TestStreams(t *testing.T) {
	w := newWorld(t, traffic.Network)
	w.start()
	group := traffic.TargetGroup{ARN: blueARN, Protocol: "TCP"}
	w.group(group, lines(t, "a", nil), lines(t, "b", nil), lines(t, "c", nil))
	seen := map[string]bool{}
	for range 40 {
		c := w.dial()
		first, _, _, err := say(c, "x")
		w.must(err)
		if again, _, _, err := say(c, "y"); err != nil || again != first {
			t.Fatalf("a flow went from %s to %s, %v", first, again, err)
		}
		seen[first] = true
	}
	if len(seen) != 3 {
		t.Errorf("flows reach %v", seen)
	}
	group.Attributes = traffic.Attributes{"stickiness.enabled": "true", "stickiness.type": "source_ip"}
	group.InUse, group.HealthCheck = true, quick
	w.SetTargetGroup(group)
	first, _, _, err := say(w.dial(), "x")
	w.must(err)
	for range 10 {
		if again, _, _, err := say(w.dial(), "x"); err != nil || again != first {
			t.Fatalf("a client went from %s to %s, %v", first, again, err)
		}
	}
	w.SetTargets(blueARN, nil)
	// The refusal may come before the client knows that it is connected.
	if c, err := w.tryDial(); err == nil {
		if _, _, _, err := say(c, "x"); err == nil {
			t.Error("a group without targets answered")
		}
	}
}

// TestCut ends flows whose target turned unhealthy, and those of deregistered ones only if the group says so (API,
// TargetGroupAttribute).
func TestCut(t *testing.T) {
	for _, terminate := range []bool{false, true} {
		w := newWorld(t, traffic.Network)
		w.start()
		target := lines(t, "a", nil)
		w.group(traffic.TargetGroup{ARN: blueARN, Protocol: "TCP", Attributes: traffic.Attributes{
			"deregistration_delay.connection_termination.enabled": fmt.Sprint(terminate)}}, target)
		c := w.dial()
		_, _, _, err := say(c, "x")
		w.must(err)
		w.SetTargets(blueARN, nil)
		if terminate {
			eventually(t, func() bool {
				_, _, _, err = say(c, "y")
				return err != nil
			}, func() any { return "a flow to a deregistered target goes on" })
		} else if _, _, _, err = say(c, "y"); err != nil {
			t.Errorf("a flow to a deregistered target ended: %v", err)
		}
	}
	w := newWorld(t, traffic.Network)
	w.start()
	healthy, failing := lines(t, "a", nil), lines(t, "b", nil)
	w.group(traffic.TargetGroup{ARN: blueARN, Protocol: "TCP"}, healthy, failing)
	var c net.Conn
	for word := ""; word != "b"; {
		var err error
		c = w.dial()
		word, _, _, err = say(c, "x")
		w.must(err)
	}
	// The same target, now at an address where nothing listens.
	moved := failing
	moved.Address = w.address
	w.SetTargets(blueARN, []traffic.Target{healthy, moved})
	w.await(blueARN, failing, traffic.Unhealthy)
	eventually(t, func() bool {
		_, _, _, err := say(c, "y")
		return err != nil
	}, func() any { return "a flow to a target that became unhealthy goes on" })
}

// TestTLSListener ends TLS, negotiates by ALPN policy, and begins TLS anew to TLS groups.
func TestTLSListener(t *testing.T) {
	w := newWorld(t, traffic.Network)
	a := newAuthority(t)
	chain, key := a.ecdsa(time.Hour, "example.com")
	w.certificate(certARN, chain, key)
	w.listener.Protocol, w.listener.Certificates, w.listener.ALPNPolicy = "TLS", []string{certARN}, "HTTP2Preferred"
	w.start()
	pair, err := tls.X509KeyPair(chain, key)
	w.must(err)
	behindTLS := lines(t, "secure", func(l net.Listener) net.Listener {
		return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{pair}})
	})
	for protocol, target := range map[string]traffic.Target{"TCP": lines(t, "plain", nil), "TLS": behindTLS} {
		w.group(traffic.TargetGroup{ARN: blueARN, Protocol: protocol}, target)
		c := tls.Client(w.dial(), &tls.Config{InsecureSkipVerify: true, ServerName: "example.com", NextProtos: []string{"http/1.1", "h2"}})
		if word, _, _, err := say(c, "x"); err != nil || c.ConnectionState().NegotiatedProtocol != "h2" {
			t.Errorf("to a %s group: %s, %v, %s", protocol, word, err, c.ConnectionState().NegotiatedProtocol)
		}
	}
}

// TestProxyProtocol tells targets the client's address (Proxy protocol).
func TestProxyProtocol(t *testing.T) {
	w := newWorld(t, traffic.Network)
	w.start()
	target := lines(t, "a", func(l net.Listener) net.Listener { return &proxyproto.Listener{Listener: l} })
	w.group(traffic.TargetGroup{ARN: blueARN, Protocol: "TCP", Attributes: traffic.Attributes{"proxy_protocol_v2.enabled": "true"}}, target)
	c := w.dial()
	if _, _, from, err := say(c, "x"); err != nil || from != c.LocalAddr().String() {
		t.Errorf("the target sees %s, the client is %s, %v", from, c.LocalAddr(), err)
	}
}

// TestDatagrams forwards UDP by flow, beside TCP on the same port.
func TestDatagrams(t *testing.T) {
	w := newWorld(t, traffic.Network)
	w.listener.Protocol = "TCP_UDP"
	w.start()
	target := lines(t, "stream", nil)
	packets, err := net.ListenPacket("udp", netip.AddrPortFrom(target.Address, target.Port).String())
	w.must(err)
	t.Cleanup(func() { _ = packets.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := packets.ReadFrom(buffer)
			if err != nil {
				return
			}
			_, _ = packets.WriteTo(fmt.Appendf(nil, "%s %s", buffer[:n], from), from)
		}
	}()
	w.group(traffic.TargetGroup{ARN: blueARN, Protocol: "TCP_UDP"}, target)
	if word, _, _, err := say(w.dial(), "x"); err != nil || word != "stream" {
		t.Errorf("TCP: %s, %v", word, err)
	}
	c, err := net.Dial("udp", netip.AddrPortFrom(w.address, w.port).String())
	w.must(err)
	defer func() { _ = c.Close() }()
	w.must(c.SetDeadline(time.Now().Add(10 * time.Second)))
	buffer := make([]byte, 1500)
	var sources [2]string
	for i := range sources {
		_, err = io.WriteString(c, "hello")
		w.must(err)
		n, err := c.Read(buffer)
		w.must(err)
		sources[i] = string(buffer[:n])
	}
	if sources[0] != sources[1] {
		t.Errorf("a flow came as %q", sources)
	}
}

// TestZones keeps flows in the zone of the node unless cross-zone balancing is on, and takes zones without healthy
// targets out of DNS (Cross-zone load balancing; Target group health).
func TestZones(t *testing.T) {
	w := newWorld(t, traffic.Network)
	second := w.address.Next()
	w.balancer.Addresses = append(w.balancer.Addresses, traffic.Address{IP: second, Zone: "us-east-1b"})
	w.start()
	a, b := lines(t, "a", nil), lines(t, "b", nil)
	b.Zone = "us-east-1b"
	w.group(traffic.TargetGroup{ARN: blueARN, Protocol: "TCP"}, a, b)
	reach := func() map[string]bool {
		seen := map[string]bool{}
		for range 20 {
			word, _, _, err := say(w.dial(), "x")
			w.must(err)
			seen[word] = true
		}
		return seen
	}
	if seen := reach(); len(seen) != 1 || !seen["a"] {
		t.Errorf("the node of the first zone reaches %v", seen)
	}
	resolved := func() int {
		addresses, ok := w.Resolve("WEB-1.us-east-1.elb.amazonaws.com.")
		if !ok {
			t.Fatal("the name is not known")
		}
		return len(addresses)
	}
	if got := resolved(); got != 2 {
		t.Errorf("with both zones healthy there are %d addresses", got)
	}
	w.SetTargets(blueARN, []traffic.Target{a})
	if got := resolved(); got != 1 {
		t.Errorf("with one zone empty there are %d addresses", got)
	}
	w.SetTargets(blueARN, []traffic.Target{a, b})
	w.await(blueARN, b, traffic.Healthy)
	w.balancer.Attributes["load_balancing.cross_zone.enabled"] = "true"
	w.must(w.SetLoadBalancer(w.balancer))
	if seen := reach(); len(seen) != 2 {
		t.Errorf("across zones it reaches %v", seen)
	}
}

// TestSourceRules picks the group by the client's address family (API, SourceIpConditionConfig).
func TestSourceRules(t *testing.T) {
	w := newWorld(t, traffic.Network)
	w.start()
	w.group(traffic.TargetGroup{ARN: blueARN, Protocol: "TCP"}, lines(t, "blue", nil))
	w.group(traffic.TargetGroup{ARN: greenARN, Protocol: "TCP"}, lines(t, "green", nil))
	family := func(f string) traffic.Rule {
		return traffic.Rule{ARN: f, Priority: len(f), Conditions: []traffic.Condition{{Field: traffic.SourceIP, AddressType: f}}, Actions: []traffic.Action{forward(greenARN)}}
	}
	w.must(w.SetRules(listenerARN, family("ipv6")))
	if word, _, _, err := say(w.dial(), "x"); err != nil || word != "blue" {
		t.Errorf("IPv4 reaches %s, %v", word, err)
	}
	w.must(w.SetRules(listenerARN, family("ipv4")))
	if word, _, _, err := say(w.dial(), "x"); err != nil || word != "green" {
		t.Errorf("IPv4 reaches %s, %v", word, err)
	}
}
