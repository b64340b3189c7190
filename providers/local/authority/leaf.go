package authority

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/url"
	"time"

	"fairway.dev/fairway/providers/local/wire"
)

// LeafLifetime is how long the certificates of hub and proxies are valid.
const LeafLifetime = 24 * time.Hour

// RenewAt is when a certificate that ends at notAfter is to be replaced: once
// two thirds of its life are over.
func RenewAt(notAfter time.Time) time.Time { return notAfter.Add(-LeafLifetime / 3) }

// Server makes the hub's certificate for the stream.
func (a *Authority) Server(now time.Time) (*tls.Certificate, error) {
	template := leaf(now, x509.ExtKeyUsageServerAuth)
	template.Subject = pkix.Name{CommonName: wire.HubServerName}
	template.DNSNames = []string{wire.HubServerName}
	certificate, key, err := sign(template, a)
	if err != nil {
		return nil, fmt.Errorf("make the hub's certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{certificate.Raw}, PrivateKey: key, Leaf: certificate}, nil
}

// Client makes a proxy's certificate.
func (a *Authority) Client(identity wire.Identity, now time.Time) (Pair, error) {
	template := leaf(now, x509.ExtKeyUsageClientAuth)
	template.URIs = []*url.URL{identity.URI()}
	certificate, key, err := sign(template, a)
	if err != nil {
		return Pair{}, fmt.Errorf("make the certificate of %s: %w", identity.URI(), err)
	}
	return encode(certificate, key)
}

// IdentityOf reads who a proxy is from a certificate that has been verified.
func IdentityOf(certificate *x509.Certificate) (wire.Identity, error) {
	if len(certificate.URIs) != 1 {
		return wire.Identity{}, errors.New("a proxy's certificate names exactly one identity")
	}
	return wire.ParseIdentity(certificate.URIs[0])
}

func leaf(now time.Time, usage x509.ExtKeyUsage) *x509.Certificate {
	return &x509.Certificate{
		NotBefore:   now.Add(-skew),
		NotAfter:    now.Add(LeafLifetime),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}
}
