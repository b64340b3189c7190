package authority

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"fairway.dev/fairway/providers/local/wire"
)

func TestCertificatesVerifyAndCarryTheIdentity(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	made, err := New(now)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := made.Pair()
	if err != nil {
		t.Fatal(err)
	}
	read, err := Parse(stored.Certificate, stored.Key)
	if err != nil {
		t.Fatal(err)
	}
	if read.Fingerprint() != made.Fingerprint() {
		t.Error("an authority that was stored and read is another")
	}

	identity := wire.Identity{Hub: "hub-1", Namespace: "shop", Gateway: "web", UID: "u-1"}
	pair, err := read.Client(identity, now)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	_, err = parsed.Leaf.Verify(x509.VerifyOptions{
		Roots: made.Ring().Pool(), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		t.Errorf("verify the proxy's certificate: %v", err)
	}
	if got, err := IdentityOf(parsed.Leaf); err != nil || got != identity {
		t.Errorf("identity is %v (%v), want %v", got, err, identity)
	}

	server, err := read.Server(now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Leaf.Verify(x509.VerifyOptions{Roots: made.Ring().Pool(), CurrentTime: now, DNSName: wire.HubServerName}); err != nil {
		t.Errorf("verify the hub's certificate: %v", err)
	}
	if _, err := IdentityOf(server.Leaf); err == nil {
		t.Error("the hub's certificate passes as a proxy's")
	}
	if _, err := Parse(pair.Certificate, pair.Key); err == nil {
		t.Error("a proxy's certificate passes as an authority")
	}
	if at := RenewAt(pair.NotAfter); at != now.Add(16*time.Hour) {
		t.Errorf("renewed at %v, want after 16 hours", at)
	}
}
