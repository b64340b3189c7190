package certificate

import (
	"crypto/tls"
	"strings"
	"testing"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/proxy/certificate/certificatetest"
	"fairway.dev/fairway/providers/local/wire"
)

// hello is a client that asks for a name and can verify some kinds of
// signature.
func hello(name string, schemes ...tls.SignatureScheme) *tls.ClientHelloInfo {
	return &tls.ClientHelloInfo{
		ServerName: name, SignatureSchemes: schemes,
		SupportedVersions: []uint16{tls.VersionTLS13}, SupportedCurves: []tls.CurveID{tls.X25519},
	}
}

func TestChoose(t *testing.T) {
	s := NewStore()
	for _, c := range []wire.Certificate{
		certificatetest.ECDSA(t, "other", "other.example.net"),
		certificatetest.ECDSA(t, "wild", "*.example.com"),
		certificatetest.ECDSA(t, "exact", "x.example.com", "A.example.com"),
		certificatetest.RSA(t, "rsa", "a.example.com"),
	} {
		if err := s.Set(c); err != nil {
			t.Fatal(err)
		}
	}
	all := []string{"other", "gone", "wild", "exact", "rsa"}
	for _, c := range []struct {
		what, server string
		names        []string
		schemes      []tls.SignatureScheme
		want         string
	}{
		{"the exact name", "a.example.com", all, nil, "exact"},
		{"a client of RSA alone", "a.example.com", all, []tls.SignatureScheme{tls.PSSWithSHA256}, "rsa"},
		{"a client that can verify none", "a.example.com", all, []tls.SignatureScheme{tls.Ed25519}, "exact"},
		{"a wildcard", "b.example.com", all, nil, "wild"},
		{"a wildcard stands for one label", "c.b.example.com", all, nil, "other"},
		{"no name", "", all, nil, "other"},
		{"in the listener's order", "nobody.org", []string{"rsa", "other"}, nil, "rsa"},
		{"none that is held", "a.example.com", []string{"gone"}, nil, ""},
		{"none", "a.example.com", nil, nil, ""},
	} {
		schemes := c.schemes
		if schemes == nil {
			schemes = []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256, tls.PSSWithSHA256}
		}
		got := ""
		if chosen := s.Choose(c.names, hello(c.server, schemes...)); chosen != nil {
			for name, held := range s.byName {
				if held == chosen {
					got = name
				}
			}
		}
		if got != c.want {
			t.Errorf("%s: chosen is %q, want %q", c.what, got, c.want)
		}
	}
	s.Remove("other")
	if got := s.Choose([]string{"other"}, hello("")); got != nil {
		t.Error("a removed certificate was chosen")
	}
}

func TestUnusableCertificatesAreRefused(t *testing.T) {
	s := NewStore()
	good, other := certificatetest.ECDSA(t, "ns/tls", "a"), certificatetest.RSA(t, "ns/tls", "a")
	if err := s.Set(good); err != nil {
		t.Fatal(err)
	}
	held := s.byName["ns/tls"]
	for want, bad := range map[string]wire.Certificate{
		"no name": {Chain: good.Chain, Key: good.Key},
		`certificate "ns/tls": tls: failed to find any PEM data in certificate`: {Name: "ns/tls", Key: good.Key},
		`certificate "ns/tls": tls: failed to find any PEM data in key`:         {Name: "ns/tls", Chain: good.Chain, Key: ir.NewSecret([]byte("confidential"))},
		`certificate "ns/tls": tls: private key`:                                {Name: "ns/tls", Chain: good.Chain, Key: other.Key},
	} {
		err := s.Set(bad)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "confidential") {
			t.Errorf("got the error %v, want %q", err, want)
		}
	}
	if s.byName["ns/tls"] != held {
		t.Error("the old certificate is not held any more")
	}
}
