package gather

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// Content is what is in a Secret that a listener may name, without regard to
// what it held before.
func Content(s *corev1.Secret) snapshot.Certificate {
	c, err := parseCertificate(s)
	if err != nil {
		return snapshot.Certificate{Problem: err.Error()}
	}
	return c
}

// parseCertificate reads the certificate and key of a Secret. The error says
// what is wrong for people, and nothing of the key.
func parseCertificate(s *corev1.Secret) (snapshot.Certificate, error) {
	chain, key := s.Data[corev1.TLSCertKey], s.Data[corev1.TLSPrivateKeyKey]
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		return snapshot.Certificate{}, diagnose(chain, key)
	}
	c := ir.Certificate{
		Name: s.Namespace + "/" + s.Name, NotAfter: pair.Leaf.NotAfter.Unix(),
		Chain: encode(pair.Certificate), KeyType: keyType(pair.Leaf.PublicKey), Key: ir.NewSecret(key),
	}
	for _, name := range pair.Leaf.DNSNames {
		c.Hostnames = append(c.Hostnames, strings.ToLower(name))
	}
	slices.Sort(c.Hostnames)
	c.Hostnames = slices.Compact(c.Hostnames)
	return snapshot.Certificate{Usable: true, Certificate: c}, nil
}

// diagnose says why a certificate and key cannot be used together.
func diagnose(chain, key []byte) error {
	if len(chain) == 0 {
		return errors.New("it has no tls.crt; put the certificate there in PEM, the leaf first")
	}
	if len(key) == 0 {
		return errors.New("it has no tls.key; put the private key there in PEM")
	}
	if _, err := cert.ParseCertsPEM(chain); err != nil {
		return errors.New("tls.crt holds no readable PEM certificate; put the certificate there, the leaf first")
	}
	if _, err := keyutil.ParsePrivateKeyPEM(key); err != nil {
		return errors.New("tls.key holds no readable PEM private key; put the key there, without a passphrase")
	}
	return errors.New("tls.key is not the key of the first certificate in tls.crt; put the leaf first and its own key beside it")
}

// encode gives a chain without what may stand between its certificates.
func encode(chain [][]byte) string {
	var b bytes.Buffer
	for _, der := range chain {
		// A bytes.Buffer takes everything.
		_ = pem.Encode(&b, &pem.Block{Type: cert.CertificateBlockType, Bytes: der})
	}
	return b.String()
}

// keyType is the kind of key that belongs to a public one.
func keyType(public crypto.PublicKey) ir.KeyType {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return ir.KeyType(fmt.Sprintf("RSA-%d", k.N.BitLen()))
	case *ecdsa.PublicKey:
		return ir.KeyType("ECDSA-" + strings.ReplaceAll(k.Curve.Params().Name, "-", ""))
	case ed25519.PublicKey:
		return ir.Ed25519
	}
	return ir.KeyType(fmt.Sprintf("%T", public))
}
