package providertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"

	"fairway.dev/fairway/providers/ir"
)

var (
	madeMu sync.Mutex
	made   = map[string]ir.Certificate{}
)

// certificate is a self-signed certificate for the kit's host, of one of these
// kinds: another for each generation. The Secret's name stays.
func certificate(name string, kinds []ir.KeyType, generation int) (ir.Certificate, error) {
	// The cheapest to make comes first.
	order := []ir.KeyType{ir.ECDSAP256, ir.ECDSAP384, ir.ECDSAP521, ir.Ed25519, ir.RSA2048, ir.RSA3072, ir.RSA4096}
	i := slices.IndexFunc(order, func(k ir.KeyType) bool { return slices.Contains(kinds, k) })
	if i < 0 {
		return ir.Certificate{}, fmt.Errorf("key types %q: none is known", kinds)
	}
	id := fmt.Sprintf("%s/%s/%d", name, order[i], generation)
	madeMu.Lock()
	defer madeMu.Unlock()
	if c, ok := made[id]; ok {
		return c, nil
	}
	c, err := selfSigned(name, order[i], generation)
	if err == nil {
		made[id] = c
	}
	return c, err
}

func selfSigned(name string, kind ir.KeyType, generation int) (ir.Certificate, error) {
	key, err := newKey(kind)
	if err != nil {
		return ir.Certificate{}, err
	}
	end := time.Date(2049, 1, 1, 0, 0, 0, 0, time.UTC)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(generation) + 1), Subject: pkix.Name{CommonName: "shop.example.com"},
		DNSNames: []string{"shop.example.com"}, NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: end,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return ir.Certificate{}, fmt.Errorf("sign: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return ir.Certificate{}, fmt.Errorf("encode the key: %w", err)
	}
	return ir.Certificate{
		Name: name, Hostnames: template.DNSNames, NotAfter: end.Unix(), KeyType: kind,
		Chain: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		Key:   ir.NewSecret(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
	}, nil
}

func newKey(kind ir.KeyType) (crypto.Signer, error) {
	switch kind {
	case ir.ECDSAP256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case ir.ECDSAP384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case ir.ECDSAP521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case ir.Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case ir.RSA2048:
		return rsa.GenerateKey(rand.Reader, 2048)
	case ir.RSA3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	default:
		return rsa.GenerateKey(rand.Reader, 4096)
	}
}
