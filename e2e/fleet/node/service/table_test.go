package service

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	corev1 "k8s.io/api/core/v1"

	"fairway.dev/fairway/e2e/fleet/node/network"
)

// isolate runs the rest of the test in a network namespace of its own, which ends with the test's thread.
func isolate(t *testing.T) {
	t.Helper()
	runtime.LockOSThread()
	ns, err := netns.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ns.Close(); err != nil {
			t.Error(err)
		}
	})
	prefix := netip.MustParsePrefix
	if err := network.Setup([]netip.Addr{netip.MustParseAddr("10.192.0.11")}, prefix("10.128.0.0/16"), prefix("198.18.0.0/20")); err != nil {
		t.Fatal(err)
	}
}

// serve greets every connection to a backend with the backend's address.
func serve(t *testing.T, backend netip.AddrPort) {
	t.Helper()
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	address := &netlink.Addr{IPNet: &net.IPNet{IP: backend.Addr().AsSlice(), Mask: net.CIDRMask(32, 32)}}
	if err := netlink.AddrReplace(lo, address); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", backend.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = fmt.Fprintf(conn, "%s to %s", backend, conn.RemoteAddr().(*net.TCPAddr).IP)
			_ = conn.Close()
		}
	}()
}

// greeting connects on the test's own thread: a Go dialer's socket is made by the goroutine that calls it.
func greeting(t *testing.T, address string) (string, error) {
	t.Helper()
	conn, err := net.DialTimeout("tcp4", address, 5*time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close() //nolint:errcheck // only read from
	text, err := io.ReadAll(conn)
	return string(text), err
}

func TestTableBalances(t *testing.T) {
	isolate(t)
	source := netip.MustParseAddr("10.192.0.11")
	backends := make([]netip.AddrPort, 3)
	for i := range backends {
		backends[i] = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 64, 1, byte(i + 1)}), 8080)
		serve(t, backends[i])
	}
	table, err := NewTable(source)
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close() //nolint:errcheck // the namespace goes away
	frontend := Frontend{netip.MustParseAddr("198.18.0.1"), corev1.ProtocolTCP, 80}
	apply := func(rules Rules) {
		t.Helper()
		if err := table.Apply(rules); err != nil {
			t.Fatal(err)
		}
	}
	reached := func(wanted int) map[string]bool {
		t.Helper()
		seen := map[string]bool{}
		for range 200 {
			text, err := greeting(t, "198.18.0.1:80")
			if err != nil {
				t.Fatal(err)
			}
			if seen[text] = true; len(seen) > wanted {
				break
			}
		}
		return seen
	}
	for n := 1; n <= len(backends); n++ {
		apply(Rules{frontend: backends[:n]})
		seen := reached(n)
		if len(seen) != n || !seen[backends[0].String()+" to 10.192.0.11"] {
			t.Errorf("%d backends: reached %v", n, seen)
		}
	}
	apply(Rules{frontend: backends[2:]})
	if seen := reached(1); !seen[backends[2].String()+" to 10.192.0.11"] || len(seen) != 1 {
		t.Errorf("after two backends went: reached %v", seen)
	}
	apply(Rules{})
	if text, err := greeting(t, "198.18.0.1:80"); err == nil {
		t.Errorf("a service without backends answers %q", text)
	}
	// The next one begins the table anew, as after an error.
	table.applied = nil
	apply(Rules{frontend: backends[:1]})
	if seen := reached(1); len(seen) != 1 {
		t.Errorf("after a new table: reached %v", seen)
	}
}

func TestTableHoldsManyServices(t *testing.T) {
	isolate(t)
	table, err := NewTable(netip.MustParseAddr("10.192.0.11"))
	if err != nil {
		t.Fatal(err)
	}
	defer table.Close() //nolint:errcheck // the namespace goes away
	rules := Rules{}
	for i := range 2000 {
		b := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 64, byte(i >> 8), byte(i)}), 80)
		rules[Frontend{netip.AddrFrom4([4]byte{10, 128, byte(i >> 8), byte(i)}), corev1.ProtocolTCP, 80}] = []netip.AddrPort{b, b}
	}
	if err := table.Apply(rules); err != nil {
		t.Fatal(err)
	}
	if err := table.Apply(Rules{}); err != nil {
		t.Fatal(err)
	}
}
