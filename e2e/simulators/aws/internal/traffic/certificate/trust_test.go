package certificate

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// TestListsOfAnyBytes takes revocation lists whose last byte looks like white space: binary data is not to be trimmed.
func TestListsOfAnyBytes(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test CA"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: []byte{1},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	authority, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	var list []byte
	// The last byte is a signature's: one in some forty is white space.
	for len(list) == 0 || len(bytes.TrimSpace(list)) == len(list) {
		if list, err = x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1)}, authority, key); err != nil {
			t.Fatal(err)
		}
	}
	for form, text := range map[string][]byte{"DER": list, "PEM": pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: list})} {
		err := new(Store).SetTrust(traffic.TrustStore{
			ARN: "arn", Authorities: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), Revocations: [][]byte{text},
		})
		if err != nil {
			t.Errorf("%s: %v", form, err)
		}
	}
}
