package acm

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm/types"
)

// life is how long an issued certificate is valid. Source: ACM User Guide,
// "Certificate characteristics": 13 months (395 days).
const life = 395 * 24 * time.Hour

// issuer is the key of the authority's row.
const issuer = "issuer"

// ca is the region's authority, made when first needed.
func (r *region) ca(now time.Time) (keyPair, error) {
	if pair, there := r.authority.Get(issuer); there {
		return pair, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return keyPair{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "Simulated Amazon Root", Organization: []string{"Amazon"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(20 * life), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	pair, err := sign(template, template, key, key)
	if err != nil {
		return keyPair{}, err
	}
	r.authority.Put(issuer, pair)
	return pair, nil
}

// issue makes a certificate of the region's authority. The chain is the authority's.
func (r *region) issue(names []string, algorithm types.KeyAlgorithm, now time.Time) (keyPair, []byte, *x509.Certificate, error) {
	authority, err := r.ca(now)
	if err != nil {
		return keyPair{}, nil, nil, fmt.Errorf("make authority: %w", err)
	}
	parent, err := tls.X509KeyPair(authority.Certificate, authority.Key)
	if err != nil {
		return keyPair{}, nil, nil, fmt.Errorf("read authority: %w", err)
	}
	key, err := newKey(algorithm)
	if err != nil {
		return keyPair{}, nil, nil, fmt.Errorf("make key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(life), KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	pair, err := sign(template, parent.Leaf, key, parent.PrivateKey)
	if err != nil {
		return keyPair{}, nil, nil, err
	}
	leaf, err := readPEM(pair.Certificate)
	if err != nil {
		return keyPair{}, nil, nil, err
	}
	return pair, authority.Certificate, leaf[0], nil
}

func newKey(algorithm types.KeyAlgorithm) (crypto.Signer, error) {
	switch algorithm {
	case types.KeyAlgorithmEcPrime256v1:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case types.KeyAlgorithmEcSecp384r1:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case types.KeyAlgorithmEcSecp521r1:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case types.KeyAlgorithmRsa3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	case types.KeyAlgorithmRsa4096:
		return rsa.GenerateKey(rand.Reader, 4096)
	default:
		return rsa.GenerateKey(rand.Reader, 2048)
	}
}

func sign(template, parent *x509.Certificate, key crypto.Signer, by crypto.PrivateKey) (keyPair, error) {
	certificate, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		return keyPair{}, fmt.Errorf("sign certificate: %w", err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return keyPair{}, fmt.Errorf("encode key: %w", err)
	}
	return keyPair{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		Key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}),
	}, nil
}

// serial is a random serial number.
func serial() *big.Int {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return new(big.Int).SetBytes(b[:])
}
