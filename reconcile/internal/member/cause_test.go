package member

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"strings"
	"testing"

	fairway "fairway.dev/fairway/api/v1alpha1"
)

func TestWhatIsSaidOfANetworkThatFails(t *testing.T) {
	elsewhere := func(names ...string) error {
		return &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{DNSNames: names, IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1)}[:len(names)/2]}, Host: "10.9.9.9"}}
	}
	for what, c := range map[string]struct {
		err  error
		want string
	}{
		"a name that is not there": {&net.DNSError{Err: "no such host", Name: "east.example", IsNotFound: true},
			"https://east cannot be reached: no address for east.example; correct clusters[].cluster.server of the kubeconfig"},
		"a DNS that times out": {&net.DNSError{Err: "read udp 10.0.0.7:41234->10.0.0.10:53: i/o timeout", Name: "east.example", IsTimeout: true, IsTemporary: true},
			"https://east cannot be reached: the hub's DNS gives no answer about east.example; see that it runs, and that it reaches the servers of that name"},
		"a DNS that fails": {&net.DNSError{Err: "server misbehaving", Name: "east.example", IsTemporary: true},
			"https://east cannot be reached: the hub's DNS gives no answer about east.example; see that it runs, and that it reaches the servers of that name"},
		"no answer": {context.DeadlineExceeded, "https://east gives no answer; " + remedy},
		"no connection in time": {&net.OpError{Op: "dial", Net: "tcp", Err: timeout{}},
			"https://east gives no answer; " + remedy},
		"other names":    {elsewhere("kubernetes", "east.internal"), "https://east shows a certificate for kubernetes, east.internal, 10.0.0.1, not for 10.9.9.9; put a name that it is for into clusters[].cluster.tls-server-name of the kubeconfig (fairwayctl clusters join --tls-server-name does that)"},
		"no names":       {elsewhere(), "https://east shows a certificate for no name at all, not for 10.9.9.9; give the server one for that"},
		"something else": {&net.AddrError{Err: "stray."}, "https://east cannot be reached: stray; " + remedy},
	} {
		// The client wraps errors of the network like this.
		reason, message := noAnswer("https://east", &url.Error{Op: "Get", URL: "https://east/version", Err: c.err})
		if reason != fairway.ReasonUnreachable || message != c.want {
			t.Errorf("%s: it says %s\n%s, want\n%s", what, reason, message, c.want)
		}
	}
}

// timeout is an error of the network that is one.
type timeout struct{}

func (timeout) Error() string   { return "i/o timeout" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

func TestNamesOfACertificateAreCut(t *testing.T) {
	c := &x509.Certificate{DNSNames: []string{strings.Repeat("x", 10_000)}}
	if _, message := noAnswer("https://east", x509.HostnameError{Certificate: c, Host: "east"}); len(message) > 1000 {
		t.Errorf("the message has %d characters", len(message))
	}
}
