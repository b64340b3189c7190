package alb

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/certificate"
)

// tlsConfig is the configuration for a handshake that begins now.
func (l *Listener) tlsConfig(*tls.ClientHelloInfo) (*tls.Config, error) {
	s := l.settings.Load()
	if l.balancer.settings.Load().http2 {
		return s.tls, nil
	}
	return s.tlsHTTP1, nil
}

// newTLSConfig makes the configuration for the listener's policy, certificates and mutual TLS mode.
func (l *Listener) newTLSConfig(config traffic.Listener, protocols ...string) *tls.Config {
	store := l.balancer.world.Certificates
	oldest, newest := certificate.Versions(config.SSLPolicy)
	made := &tls.Config{
		MinVersion: oldest,
		MaxVersion: newest,
		NextProtos: protocols,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return store.Choose(config.Certificates, hello)
		},
	}
	switch mutual := config.MutualTLS; mutual.Mode {
	case "passthrough":
		// "Targets should verify the client certificate chain" (Mutual authentication).
		made.ClientAuth = tls.RequestClientCert
	case "verify":
		made.ClientAuth = tls.RequireAnyClientCert
		made.VerifyConnection = func(state tls.ConnectionState) error {
			return store.Verify(mutual, state.PeerCertificates, time.Now())
		}
		if mutual.AdvertiseCANames {
			made.ClientCAs = store.Authorities(mutual.TrustStore)
		}
	}
	return made
}

// addTLSHeaders tells the target about the client's certificate and handshake (Mutual authentication; attribute
// routing.http.x_amzn_tls_version_and_cipher_suite.enabled). What a client sent under these names is replaced.
func addTLSHeaders(header http.Header, state *tls.ConnectionState, mode string, versions bool, names headerNames) {
	if mode == "passthrough" || mode == "verify" {
		for _, name := range []string{names.certificate, names.leaf, names.serial, names.issuer, names.subject, names.validity} {
			header.Del(name)
		}
	}
	if len(state.PeerCertificates) > 0 {
		leaf := state.PeerCertificates[0]
		switch mode {
		case "passthrough":
			header.Set(names.certificate, encode(state.PeerCertificates...))
		case "verify":
			header.Set(names.leaf, encode(leaf))
			header.Set(names.serial, fmt.Sprintf("%X", leaf.SerialNumber))
			header.Set(names.issuer, leaf.Issuer.String())
			header.Set(names.subject, leaf.Subject.String())
			header.Set(names.validity, "NotBefore="+leaf.NotBefore.UTC().Format(time.RFC3339)+
				";NotAfter="+leaf.NotAfter.UTC().Format(time.RFC3339))
		}
	}
	if versions {
		header.Set(names.version, strings.Replace(tls.VersionName(state.Version), "TLS 1", "TLSv1", 1))
		header.Set(names.cipher, openSSLName(state.CipherSuite))
	}
}

// encode is certificates as PEM, URL-encoded with +, = and / left as they are (Mutual authentication).
func encode(chain ...*x509.Certificate) string {
	const keep = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+=/"
	var out strings.Builder
	for _, c := range chain {
		for _, b := range pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}) {
			if strings.IndexByte(keep, b) >= 0 {
				out.WriteByte(b)
			} else {
				fmt.Fprintf(&out, "%%%02X", b)
			}
		}
	}
	return out.String()
}

// openSSLName is a cipher suite in OpenSSL's words, which the headers use. TLS 1.3 suites have the same name in both.
func openSSLName(suite uint16) string {
	name := tls.CipherSuiteName(suite)
	exchange, cipher, ok := strings.Cut(strings.TrimPrefix(name, "TLS_"), "_WITH_")
	if !ok {
		return name
	}
	for _, remove := range []string{"_CBC", "_SHA256"} {
		if remove == "_CBC" || strings.Contains(cipher, "CHACHA20") {
			cipher = strings.Replace(cipher, remove, "", 1)
		}
	}
	cipher = strings.NewReplacer("AES_128", "AES128", "AES_256", "AES256", "_", "-").Replace(cipher)
	if exchange == "RSA" {
		return cipher
	}
	return strings.ReplaceAll(exchange, "_", "-") + "-" + cipher
}
