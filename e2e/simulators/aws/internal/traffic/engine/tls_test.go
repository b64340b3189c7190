package engine_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// secure makes the world's listener an HTTPS one with a certificate for example.com.
func secure(t *testing.T) (*world, *authority) {
	w := newWorld(t, traffic.Application)
	a := newAuthority(t)
	w.listener.Protocol = "HTTPS"
	w.listener.SSLPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
	w.listener.Certificates = []string{certARN}
	chain, key := a.ecdsa(time.Hour, "example.com")
	w.certificate(certARN, chain, key)
	return w, a
}

// caller is an HTTPS client that trusts the authority.
func caller(t *testing.T, a *authority, http2 bool, change func(*tls.Config)) *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	config := &tls.Config{RootCAs: roots, ServerName: "example.com"}
	if change != nil {
		change(config)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(!http2)
	protocols.SetHTTP2(http2)
	transport := &http.Transport{TLSClientConfig: config, Protocols: protocols}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// TestSNI presents the certificate that fits the name, the better of two, and the default one otherwise (SSL
// certificates).
func TestSNI(t *testing.T) {
	w, a := secure(t)
	w.listener.Certificates = []string{certARN, "wild", "old", "new"}
	chain, key := a.ecdsa(time.Hour, "*.example.com")
	w.certificate("wild", chain, key)
	chain, key = a.rsa("two.example.org")
	w.certificate("old", chain, key)
	chain, key = a.ecdsa(time.Hour, "two.example.org")
	w.certificate("new", chain, key)
	w.start()
	presented := func(name string, change func(*tls.Config)) *x509.Certificate {
		t.Helper()
		config := &tls.Config{ServerName: name, InsecureSkipVerify: true}
		if change != nil {
			change(config)
		}
		c, err := tls.Dial("tcp", netip.AddrPortFrom(w.address, w.port).String(), config)
		w.must(err)
		defer func() { _ = c.Close() }()
		return c.ConnectionState().PeerCertificates[0]
	}
	for name, want := range map[string]string{
		"": "example.com", "example.com": "example.com", "a.example.com": "*.example.com", "a.b.example.com": "example.com",
		"two.example.org": "two.example.org", "unknown.org": "example.com",
	} {
		if got := presented(name, nil).Subject.CommonName; got != want {
			t.Errorf("for %q it presents %q, want %q", name, got, want)
		}
	}
	if got := presented("two.example.org", nil).PublicKeyAlgorithm; got != x509.ECDSA {
		t.Errorf("of two keys it chose %v", got)
	}
	onlyRSA := func(c *tls.Config) {
		c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}
	}
	if got := presented("two.example.org", onlyRSA).PublicKeyAlgorithm; got != x509.RSA {
		t.Errorf("for a client that knows RSA it chose %v", got)
	}
	w.certificate("wild", chain, key)
	if got := presented("a.example.com", nil).Subject.CommonName; got != "example.com" {
		t.Errorf("after another import it presents %q", got)
	}
	_, err := tls.Dial("tcp", netip.AddrPortFrom(w.address, w.port).String(), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11})
	if err == nil {
		t.Error("TLS 1.1 was accepted against the policy")
	}
}

// TestHTTP2 speaks HTTP/2 in front, unless the attribute is off, and tells targets of the handshake.
func TestHTTP2(t *testing.T) {
	w, a := secure(t)
	w.balancer.Attributes["routing.http.x_amzn_tls_version_and_cipher_suite.enabled"] = "true"
	w.listener.Attributes = traffic.Attributes{
		"routing.http.request.x_amzn_tls_version.header_name":                 "My-Version",
		"routing.http.response.strict_transport_security.header_value":        "max-age=31536000",
		"routing.http.response.access_control_allow_origin.header_value":      "https://example.com",
		"routing.http.response.server.enabled":                                "false",
		"routing.http.response.access_control_allow_credentials.header_value": "true",
	}
	w.start()
	w.group(traffic.TargetGroup{ARN: blueARN}, backend(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Strict-Transport-Security", "max-age=1")
		rw.Header().Set("Server", "mine")
		echo(rw, r)
	}))
	response, body := w.get(caller(t, a, true, nil), w.url("/"), "Host: example.com")
	got := asked(t, body)
	if response.ProtoMajor != 2 || got.Get("Proto") != "HTTP/1.1" {
		t.Errorf("in front %s, behind %s", response.Proto, got.Get("Proto"))
	}
	if got.Get("My-Version") != "TLSv1.3" || got.Get("X-Amzn-Tls-Cipher-Suite") != "TLS_AES_128_GCM_SHA256" || got.Get("X-Forwarded-Proto") != "https" {
		t.Errorf("the target got %v", got)
	}
	if h := response.Header; h.Get("Strict-Transport-Security") != "max-age=31536000" || h.Get("Access-Control-Allow-Origin") != "https://example.com" || h.Get("Server") != "mine" {
		t.Errorf("the response has %v", h)
	}
	_, body = w.get(caller(t, a, false, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }), w.url("/"))
	if got := asked(t, body); got.Get("My-Version") != "TLSv1.2" || got.Get("X-Amzn-Tls-Cipher-Suite") != "ECDHE-ECDSA-AES128-GCM-SHA256" {
		t.Errorf("with TLS 1.2 the target got %v", got)
	}
	w.SetTargets(blueARN, nil)
	if response, _ := w.get(caller(t, a, true, nil), w.url("/")); response.StatusCode != 503 || response.Header.Get("Server") != "" || response.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("its own error is %s with %v", response.Status, response.Header)
	}
	w.balancer.Attributes["routing.http2.enabled"] = "false"
	w.must(w.SetLoadBalancer(w.balancer))
	if response, err := caller(t, a, true, nil).Get(w.url("/")); err == nil {
		t.Errorf("HTTP/2 is off and it answered with %s", response.Proto)
	}
}

// TestMutualTLS verifies client certificates or passes them on (Mutual authentication with TLS).
func TestMutualTLS(t *testing.T) {
	w, a := secure(t)
	w.listener.MutualTLS = traffic.MutualTLS{Mode: "verify", TrustStore: trustARN, AdvertiseCANames: true}
	good, revoked := a.client(time.Hour, "good"), a.client(time.Hour, "revoked")
	expired, foreign := a.client(-time.Minute, "expired"), newAuthority(t).client(time.Hour, "foreign")
	w.must(w.SetTrustStore(traffic.TrustStore{ARN: trustARN, Authorities: a.pem(), Revocations: [][]byte{a.revoke(revoked)}}))
	w.start()
	w.group(traffic.TargetGroup{ARN: blueARN}, backend(t, echo))
	send := func(pair *tls.Certificate, lines ...string) (http.Header, error) {
		c := caller(t, a, false, func(c *tls.Config) {
			if pair != nil {
				c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair, nil }
			}
		})
		response, err := c.Get(w.url("/"))
		if err != nil {
			return nil, err
		}
		_ = response.Body.Close()
		_, body := w.get(c, w.url("/"), lines...)
		return asked(t, body), nil
	}
	got, err := send(&good, "X-Amzn-Mtls-Clientcert-Subject: CN=forged")
	w.must(err)
	leaf := good.Leaf
	for name, want := range map[string]string{
		"X-Amzn-Mtls-Clientcert-Serial-Number": fmt.Sprintf("%X", leaf.SerialNumber),
		"X-Amzn-Mtls-Clientcert-Issuer":        "CN=Test CA,O=Fairway",
		"X-Amzn-Mtls-Clientcert-Subject":       "CN=good",
		"X-Amzn-Mtls-Clientcert-Validity":      "NotBefore=" + leaf.NotBefore.UTC().Format(time.RFC3339) + ";NotAfter=" + leaf.NotAfter.UTC().Format(time.RFC3339),
	} {
		if got.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.Get(name), want)
		}
	}
	if text, err := url.PathUnescape(got.Get("X-Amzn-Mtls-Clientcert-Leaf")); err != nil || !strings.HasPrefix(text, "-----BEGIN CERTIFICATE-----\n") {
		t.Errorf("the leaf is %q, %v", text, err)
	}
	for name, pair := range map[string]*tls.Certificate{"revoked": &revoked, "expired": &expired, "foreign": &foreign, "no": nil} {
		if _, err := send(pair); err == nil {
			t.Errorf("%s certificate was accepted", name)
		}
	}
	w.listener.MutualTLS.IgnoreExpiry = true
	w.must(w.SetListener(w.listener))
	if _, err := send(&expired); err != nil {
		t.Errorf("an expired certificate is to be ignored: %v", err)
	}
	w.listener.MutualTLS = traffic.MutualTLS{Mode: "passthrough"}
	w.must(w.SetListener(w.listener))
	if got, err := send(&foreign); err != nil || !strings.HasPrefix(got.Get("X-Amzn-Mtls-Clientcert"), "-----BEGIN%20CERTIFICATE-----%0A") {
		t.Errorf("passed through: %v, %v", got, err)
	}
}

// TestProtocolVersions forwards by a group's protocol and version (Protocol version).
func TestProtocolVersions(t *testing.T) {
	w, a := secure(t)
	w.start()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	h2c := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	h2c.Config.Protocols = protocols
	h2c.Start()
	t.Cleanup(h2c.Close)
	h2 := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	h2.EnableHTTP2 = true
	h2.StartTLS()
	t.Cleanup(h2.Close)
	plainSocket, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	t.Cleanup(func() { _ = plainSocket.Close() })
	for _, test := range []struct {
		protocol, version string
		target            traffic.Target
		http2             bool
		want              string
	}{
		{"HTTP", "HTTP2", targetAt(t, h2c.Listener.Addr().String()), true, "HTTP/2.0"},
		{"HTTPS", "HTTP2", targetAt(t, h2.Listener.Addr().String()), true, "HTTP/2.0"},
		{"HTTPS", "HTTP1", targetAt(t, h2.Listener.Addr().String()), true, "HTTP/1.1"},
		{"HTTP", "HTTP2", targetAt(t, h2c.Listener.Addr().String()), false, "464"},
		{"HTTPS", "HTTP1", backend(t, echo), false, "502"},
	} {
		w.group(traffic.TargetGroup{ARN: blueARN, Protocol: test.protocol, ProtocolVersion: test.version}, test.target)
		response, body := w.get(caller(t, a, test.http2, nil), w.url("/"))
		got := fmt.Sprint(response.StatusCode)
		if response.StatusCode == http.StatusOK {
			got = asked(t, body).Get("Proto")
		}
		if got != test.want {
			t.Errorf("%+v: got %s", test, got)
		}
	}
}

// TestGRPC streams in both directions to a GRPC group and brings trailers back.
func TestGRPC(t *testing.T) {
	w, a := secure(t)
	w.start()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/grpc")
		rw.Header().Set("Trailer", "Grpc-Status")
		control := http.NewResponseController(rw)
		buffer := make([]byte, 4)
		for {
			n, err := r.Body.Read(buffer)
			_, _ = rw.Write(buffer[:n])
			_ = control.Flush()
			if err != nil {
				break
			}
		}
		rw.Header().Set("Grpc-Status", "7")
	}))
	server.Config.Protocols = protocols
	server.Start()
	t.Cleanup(server.Close)
	w.group(traffic.TargetGroup{ARN: blueARN, ProtocolVersion: "GRPC"}, targetAt(t, server.Listener.Addr().String()))
	c := caller(t, a, true, nil)
	if response, _ := w.get(c, w.url("/pkg.Service/Method")); response.StatusCode != 464 {
		t.Errorf("GET to a GRPC group gives %s", response.Status)
	}
	reader, writer := io.Pipe()
	request, err := http.NewRequest(http.MethodPost, w.url("/pkg.Service/Method"), reader)
	w.must(err)
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("Te", "trailers")
	go func() { _, _ = io.WriteString(writer, "ping") }()
	response, err := c.Do(request)
	w.must(err)
	defer func() { _ = response.Body.Close() }()
	buffer := make([]byte, 4)
	if _, err := io.ReadFull(response.Body, buffer); err != nil || string(buffer) != "ping" {
		t.Fatalf("the first message is %q, %v", buffer, err)
	}
	w.must(writer.Close())
	if _, err := io.ReadAll(response.Body); err != nil || response.Trailer.Get("Grpc-Status") != "7" {
		t.Errorf("the trailer is %v, %v", response.Trailer, err)
	}
}
