package certificate

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// trust is a trust store, ready to verify with.
type trust struct {
	roots   *x509.CertPool
	revoked map[string]bool // issuer and serial number
}

// SetTrust adds or replaces a trust store.
func (s *Store) SetTrust(t traffic.TrustStore) error {
	store := &trust{roots: x509.NewCertPool(), revoked: map[string]bool{}}
	if !store.roots.AppendCertsFromPEM(t.Authorities) {
		return fmt.Errorf("trust store %s: %w", t.ARN, errors.New("no certificate in the bundle"))
	}
	for _, revocation := range t.Revocations {
		if block, _ := pem.Decode(revocation); block != nil {
			revocation = block.Bytes
		}
		list, err := x509.ParseRevocationList(revocation)
		if err != nil {
			return fmt.Errorf("trust store %s: revocation list: %w", t.ARN, err)
		}
		for _, entry := range list.RevokedCertificateEntries {
			store.revoked[serial(list.RawIssuer, entry.SerialNumber)] = true
		}
	}
	s.trust.Store(t.ARN, store)
	return nil
}

// RemoveTrust forgets a trust store.
func (s *Store) RemoveTrust(arn string) { s.trust.Delete(arn) }

// Authorities are a trust store's, to be named in certificate requests, or nil.
func (s *Store) Authorities(arn string) *x509.CertPool {
	if t, ok := s.trust.Load(arn); ok {
		return t.(*trust).roots
	}
	return nil
}

// Verify judges a client's chain, leaf first, with a trust store: signature chain, validity, client authentication and
// revocation (Mutual authentication with TLS: verify).
func (s *Store) Verify(m traffic.MutualTLS, chain []*x509.Certificate, now time.Time) error {
	found, ok := s.trust.Load(m.TrustStore)
	if !ok {
		return fmt.Errorf("trust store %s is not known", m.TrustStore)
	}
	if len(chain) == 0 {
		return errors.New("the client sent no certificate")
	}
	store := found.(*trust)
	options := x509.VerifyOptions{
		Roots:         store.roots,
		Intermediates: x509.NewCertPool(),
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if m.IgnoreExpiry {
		// A moment at which the certificate was valid: only expiry is forgiven.
		options.CurrentTime = chain[0].NotAfter
	}
	for _, c := range chain[1:] {
		options.Intermediates.AddCert(c)
	}
	verified, err := chain[0].Verify(options)
	if err != nil {
		return fmt.Errorf("verify client certificate: %w", err)
	}
	for _, c := range verified[0] {
		if store.revoked[serial(c.RawIssuer, c.SerialNumber)] {
			return fmt.Errorf("certificate %x is revoked", c.SerialNumber)
		}
	}
	return nil
}

func serial(issuer []byte, number *big.Int) string { return string(issuer) + "#" + number.String() }
