// Package authority is the hub's certificate authority for the stream between
// hub and proxies: it makes the certificates of both ends. It keeps nothing
// and reads no clock; callers store its PEM and say what time it is.
package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// Lifetime is how long an authority's own certificate is valid.
const Lifetime = 10 * 365 * 24 * time.Hour

// skew is how far apart the clocks of hub and proxies may be.
const skew = 5 * time.Minute

// Authority signs certificates.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Pair is a certificate and its private key, both PEM.
type Pair struct {
	Certificate, Key []byte
	// NotAfter is when the certificate ends.
	NotAfter time.Time
}

// New makes an authority with a key of its own.
func New(now time.Time) (*Authority, error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "fairway stream"},
		NotBefore:             now.Add(-skew),
		NotAfter:              now.Add(Lifetime),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	certificate, key, err := sign(template, nil)
	if err != nil {
		return nil, fmt.Errorf("make a certificate authority: %w", err)
	}
	return &Authority{certificate: certificate, key: key}, nil
}

// Parse reads an authority from what Pair gave.
func Parse(certificate, key []byte) (*Authority, error) {
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("parse a certificate authority: %w", err)
	}
	signer, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !pair.Leaf.IsCA {
		return nil, errors.New("parse a certificate authority: not an authority's certificate with an ECDSA key")
	}
	return &Authority{certificate: pair.Leaf, key: signer}, nil
}

// Pair is the authority itself, to be stored.
func (a *Authority) Pair() (Pair, error) { return encode(a.certificate, a.key) }

// Certificate is the authority's certificate, PEM: what the ends trust.
func (a *Authority) Certificate() []byte { return encodeCertificate(a.certificate) }

// Fingerprint tells authorities apart: 32 hex digits.
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.certificate.Raw)
	return hex.EncodeToString(sum[:16])
}

// sign makes a key and a certificate for it. Without an authority the
// certificate signs itself.
func sign(template *x509.Certificate, by *Authority) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key: %w", err)
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, nil, fmt.Errorf("sign a certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, fmt.Errorf("read back a certificate: %w", err)
	}
	return certificate, key, nil
}

func encode(certificate *x509.Certificate, key *ecdsa.PrivateKey) (Pair, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Pair{}, fmt.Errorf("encode a key: %w", err)
	}
	return Pair{
		Certificate: encodeCertificate(certificate),
		Key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		NotAfter:    certificate.NotAfter,
	}, nil
}

func encodeCertificate(certificate *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
}
