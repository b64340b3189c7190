package alb

import (
	"crypto/tls"
	"net/netip"
	"regexp"
	"testing"
	"time"
)

// TestHostHeader is the table of "Host header preservation" with the attribute off.
func TestHostHeader(t *testing.T) {
	for _, c := range []struct {
		host     string
		listener uint16
		want     string
	}{
		{"example.com", 80, "example.com"},
		{"example.com:80", 80, "example.com"},
		{"example.com:8080", 443, "example.com"},
		{"example.com", 8080, "example.com:8080"},
		{"example.com:8080", 8080, "example.com:8080"},
		{"example.com:9090", 8080, "example.com:9090"},
		{"[2001:db8::1]:443", 443, "[2001:db8::1]"},
		{"[2001:db8::1]", 443, "[2001:db8::1]"},
		{"[2001:db8::1]", 8080, "[2001:db8::1]:8080"},
	} {
		if got := hostHeader(c.host, c.listener); got != c.want {
			t.Errorf("%q on port %d: %q", c.host, c.listener, got)
		}
	}
}

// TestForwardedFor is the tables of "X-Forwarded-For".
func TestForwardedFor(t *testing.T) {
	four, six := netip.MustParseAddrPort("127.0.0.1:8080"), netip.MustParseAddrPort("[2001:db8:85a3:8d3:1319:8a2e:370:7348]:8080")
	for _, c := range []struct {
		received []string
		client   netip.AddrPort
		mode     string
		port     bool
		want     string
	}{
		{nil, four, "append", false, "127.0.0.1"},
		{[]string{"127.0.0.4"}, four, "append", false, "127.0.0.4, 127.0.0.1"},
		{[]string{"127.0.0.4, 127.0.0.8"}, four, "append", false, "127.0.0.4, 127.0.0.8, 127.0.0.1"},
		{[]string{"127.0.0.4", "127.0.0.8"}, four, "append", false, "127.0.0.4, 127.0.0.8, 127.0.0.1"},
		{nil, four, "append", true, "127.0.0.1:8080"},
		{nil, six, "append", false, "2001:db8:85a3:8d3:1319:8a2e:370:7348"},
		{nil, six, "append", true, "[2001:db8:85a3:8d3:1319:8a2e:370:7348]:8080"},
		{nil, four, "preserve", false, ""},
		{[]string{"127.0.0.4, 127.0.0.8"}, four, "preserve", true, "127.0.0.4, 127.0.0.8"},
		{[]string{"127.0.0.4"}, four, "remove", true, ""},
	} {
		if got := forwardedFor(c.received, c.client, c.mode, c.port); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// TestTrace is the examples of "Request tracing".
func TestTrace(t *testing.T) {
	const id = `1-[0-9a-f]{8}-[0-9a-f]{24}`
	for received, want := range map[string]string{
		"": "Root=" + id,
		"Root=1-67891233-abcdef012345678912345678":                                         "Self=" + id + ";Root=1-67891233-abcdef012345678912345678",
		"Root=1-67891233-abcdef012345678912345678;CalledFrom=app":                          "Self=" + id + ";Root=1-67891233-abcdef012345678912345678;CalledFrom=app",
		"Self=1-63441c4a-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678": "Self=" + id + ";Root=1-67891233-abcdef012345678912345678",
		"CalledFrom=app": "Root=" + id + ";CalledFrom=app",
	} {
		if got := trace(received, time.Unix(0x67891233, 0)); !regexp.MustCompile("^" + want + "$").MatchString(got) {
			t.Errorf("%q: %q", received, got)
		}
	}
}

// TestOpenSSLNames compares with the names of "Security policies".
func TestOpenSSLNames(t *testing.T) {
	for suite, want := range map[uint16]string{
		tls.TLS_AES_128_GCM_SHA256:                        "TLS_AES_128_GCM_SHA256",
		tls.TLS_CHACHA20_POLY1305_SHA256:                  "TLS_CHACHA20_POLY1305_SHA256",
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:       "ECDHE-ECDSA-AES128-GCM-SHA256",
		tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:         "ECDHE-RSA-AES256-GCM-SHA384",
		tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA:            "ECDHE-RSA-AES128-SHA",
		tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256:         "ECDHE-RSA-AES128-SHA256",
		tls.TLS_RSA_WITH_AES_128_GCM_SHA256:               "AES128-GCM-SHA256",
		tls.TLS_RSA_WITH_AES_256_CBC_SHA:                  "AES256-SHA",
		tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:   "ECDHE-RSA-CHACHA20-POLY1305",
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305",
	} {
		if got := openSSLName(suite); got != want {
			t.Errorf("%s: %q, want %q", tls.CipherSuiteName(suite), got, want)
		}
	}
}

// TestSeal opens what it closed until its time is over, and nothing else.
func TestSeal(t *testing.T) {
	seal, err := NewSeal()
	if err != nil {
		t.Fatal(err)
	}
	m := memory{Group: "g", Target: "10.0.0.1", Port: 80, Until: 1000}
	value := seal.close(m)
	if got, ok := seal.open(value, time.Unix(999, 0)); !ok || got != m {
		t.Errorf("opened %+v, %v", got, ok)
	}
	if _, ok := seal.open(value, time.Unix(1000, 0)); ok {
		t.Error("it opened after its time")
	}
	other, err := NewSeal()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "!", value[1:], other.close(m)} {
		if _, ok := seal.open(bad, time.Unix(0, 0)); ok {
			t.Errorf("it opened %q", bad)
		}
	}
}
