// Package certificate holds what listeners prove themselves with and what they trust: certificates with their choice by
// SNI, trust stores with revocations, and the protocols of security policies.
package certificate

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"sync"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// Store holds certificates and trust stores by ARN. The zero value is empty.
type Store struct {
	certificates, trust sync.Map
}

// Set adds or replaces a certificate.
func (s *Store) Set(c traffic.Certificate) error {
	pair, err := tls.X509KeyPair(c.Chain, c.Key)
	if err != nil {
		return fmt.Errorf("certificate %s: %w", c.ARN, err)
	}
	if pair.Leaf == nil {
		if pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
			return fmt.Errorf("certificate %s: %w", c.ARN, err)
		}
	}
	s.certificates.Store(c.ARN, &pair)
	return nil
}

// Remove forgets a certificate.
func (s *Store) Remove(arn string) { s.certificates.Delete(arn) }

// Choose is the certificate for a handshake, of a listener's ARNs with the default one first: "the default certificate
// is used only if a client connects without using the Server Name Indication (SNI) protocol [...] or if there are no
// matching certificates in the certificate list" (SSL certificates). Of several that match, the best that the client
// supports is chosen.
func (s *Store) Choose(arns []string, hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	var fallback *tls.Certificate
	var matching []*tls.Certificate
	for i, arn := range arns {
		found, ok := s.certificates.Load(arn)
		if !ok {
			continue
		}
		c := found.(*tls.Certificate)
		if i == 0 {
			fallback = c
		}
		if hello.ServerName != "" && c.Leaf.VerifyHostname(hello.ServerName) == nil {
			matching = append(matching, c)
		}
	}
	slices.SortStableFunc(matching, better)
	for _, c := range matching {
		if hello.SupportsCertificate(c) == nil {
			return c, nil
		}
	}
	if fallback == nil {
		return nil, fmt.Errorf("no certificate of %v is known", arns)
	}
	return fallback, nil
}

// better orders by key algorithm (ECDSA before RSA), key length and end of validity ("smart certificate selection
// algorithm", SSL certificates). Hashes are left out: MD5 is no longer accepted anywhere.
func better(a, b *tls.Certificate) int {
	algorithmA, bitsA := strength(a.Leaf)
	algorithmB, bitsB := strength(b.Leaf)
	switch {
	case algorithmA != algorithmB:
		return algorithmA - algorithmB
	case bitsA != bitsB:
		return bitsB - bitsA
	default:
		return b.Leaf.NotAfter.Compare(a.Leaf.NotAfter)
	}
}

func strength(c *x509.Certificate) (algorithm, bits int) {
	switch key := c.PublicKey.(type) {
	case *ecdsa.PublicKey:
		return 0, key.Curve.Params().BitSize
	case *rsa.PublicKey:
		return 1, key.N.BitLen()
	default:
		return 2, 0
	}
}
