package authority

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"fairway.dev/fairway/providers/local/wire"
)

// end is what one end of the stream was given at some time: its certificate
// and whom it trusts.
type end struct {
	certificate *x509.Certificate
	trusts      *x509.CertPool
}

func clientAt(t *testing.T, r Ring, now time.Time) end {
	t.Helper()
	pair, err := r.Current.Client(wire.Identity{Hub: "h", Namespace: "n", Gateway: "g", UID: "u"}, now)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(r.Certificates()) {
		t.Fatal("no certificates")
	}
	return end{parsed.Leaf, pool}
}

func TestARotationNeverPartsTheEnds(t *testing.T) {
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	first, err := New(start)
	if err != nil {
		t.Fatal(err)
	}
	ring := first.Ring()
	// Proxies get new certificates as the hub makes them, and use the ones
	// they have for as long as those last.
	var clients []end
	begin, steps := start.Add(40*time.Hour), 0
	for now := start; now.Before(start.Add(150 * time.Hour)); now = now.Add(2 * time.Hour) {
		turned, err := ring.Turn(now, now.Equal(begin))
		if err != nil {
			t.Fatal(err)
		}
		if turned.Fingerprint() != ring.Fingerprint() {
			steps++
		}
		data, err := turned.Data()
		if err != nil {
			t.Fatal(err)
		}
		if ring, err = ParseRing(data); err != nil {
			t.Fatal(err)
		}
		if ring.Fingerprint() != turned.Fingerprint() || !ring.Due().Equal(turned.Due()) {
			t.Fatal("a ring that was stored and read is another")
		}
		server, err := ring.Current.Server(now)
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, clientAt(t, ring, now))
		for i, c := range clients {
			if !now.Before(c.certificate.NotAfter) {
				continue
			}
			usage := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
			if _, err := c.certificate.Verify(x509.VerifyOptions{Roots: ring.Pool(), CurrentTime: now, KeyUsages: usage}); err != nil {
				t.Fatalf("in round %d the hub does not trust a proxy of round %d: %v", len(clients)-1, i, err)
			}
			if _, err := server.Leaf.Verify(x509.VerifyOptions{Roots: c.trusts, CurrentTime: now, DNSName: wire.HubServerName}); err != nil {
				t.Fatalf("in round %d a proxy of round %d does not trust the hub: %v", len(clients)-1, i, err)
			}
		}
	}
	if steps != 3 || ring.Current.Fingerprint() == first.Fingerprint() || ring.Next != nil || ring.Previous != nil {
		t.Errorf("%d steps, ring %+v", steps, ring)
	}
}

func TestAnAuthorityIsReplacedBeforeItEnds(t *testing.T) {
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	first, err := New(start)
	if err != nil {
		t.Fatal(err)
	}
	ring := first.Ring()
	if same, err := ring.Turn(ring.Due().Add(-time.Second), false); err != nil || same.Next != nil {
		t.Errorf("begun early: %v", err)
	}
	begun, err := ring.Turn(ring.Due(), false)
	if err != nil || begun.Next == nil {
		t.Fatalf("not begun: %v", err)
	}
	if same, err := begun.Turn(begun.Since.Add(time.Minute), true); err != nil || same.Next != begun.Next {
		t.Errorf("begun again: %v", err)
	}
	if (Ring{}).Fingerprint() != "" {
		t.Error("an empty ring has a fingerprint")
	}
}

func TestAMalformedRingIsRefused(t *testing.T) {
	a, err := New(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.Ring().Turn(time.Now(), true)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"tls.crt", "tls.key", "next-tls.key", "since"} {
		data, err := r.Data()
		if err != nil {
			t.Fatal(err)
		}
		data[key] = []byte("x")
		if _, err := ParseRing(data); err == nil {
			t.Errorf("a ring with a malformed %s was read", key)
		}
	}
}
