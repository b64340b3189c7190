package acm

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

func (r *region) importCertificate(in *acm.ImportCertificateInput) (*acm.ImportCertificateOutput, error) {
	leaf, failure := r.judge(in)
	if failure != nil {
		return nil, failure
	}
	now := r.service.Clock.Now()
	c := certificate{Tags: in.Tags}
	arn := aws.ToString(in.CertificateArn)
	if in.CertificateArn != nil {
		if c, failure = r.reimported(in); failure != nil {
			return nil, failure
		}
	} else {
		if failure := r.room(); failure != nil {
			return nil, failure
		}
		if failure := checkTags(in.Tags); failure != nil {
			return nil, failure
		}
		arn = r.newARN()
		c.Detail.CreatedAt = aws.Time(now)
	}
	c.Pair, c.Chain = keyPair{Certificate: terminated(in.Certificate), Key: in.PrivateKey}, in.CertificateChain
	describe(&c.Detail, leaf)
	c.Detail.CertificateArn, c.Detail.Type, c.Detail.Status = aws.String(arn), types.CertificateTypeImported, types.CertificateStatusIssued
	c.Detail.ImportedAt, c.Detail.RenewalEligibility = aws.Time(now), types.RenewalEligibilityIneligible
	c.Detail.CertificateKeyPairOrigin = types.CertificateKeyPairOriginCustomerProvided
	r.certs.Put(arn, c)
	if in.CertificateArn != nil {
		r.service.Changed(r.Scope, arn)
	}
	return &acm.ImportCertificateOutput{CertificateArn: aws.String(arn)}, nil
}

// reimported is the certificate that an import replaces. Source:
// ImportCertificate, API reference: the ARN stays, tags cannot be given.
func (r *region) reimported(in *acm.ImportCertificateInput) (certificate, *api.Error) {
	c, failure := r.get(in.CertificateArn)
	switch {
	case failure != nil:
		return c, failure
	case len(in.Tags) > 0:
		return c, api.Errorf("InvalidParameterException", "Tagging is not permitted on re-import.")
	case c.Detail.Type != types.CertificateTypeImported:
		return c, invalid("The certificate %s was not imported and cannot be re-imported.", aws.ToString(in.CertificateArn))
	}
	return c, nil
}

// room refuses a certificate beyond the quota.
func (r *region) room() *api.Error {
	if limit := r.service.Limit(r.Scope); r.certs.Len() >= limit {
		return api.Errorf("LimitExceededException", "Cannot have more than %d certificates.", limit)
	}
	return nil
}

func invalid(format string, args ...any) *api.Error {
	return api.Errorf("ValidationException", format, args...)
}

// judge holds an import to ACM's conditions. Source: ACM User Guide,
// "Prerequisites for importing ACM certificates".
func (r *region) judge(in *acm.ImportCertificateInput) (*x509.Certificate, *api.Error) {
	certificates, err := readPEM(in.Certificate)
	switch {
	case err != nil || len(certificates) == 0:
		return nil, invalid("Could not parse certificate: the certificate field must be a PEM-encoded X.509 certificate.")
	case len(certificates) > 1:
		return nil, invalid("The certificate field contains more than one certificate. You can specify only one certificate in this field.")
	}
	leaf := certificates[0]
	if _, err := tls.X509KeyPair(in.Certificate, in.PrivateKey); err != nil {
		return nil, invalid("The private key is not supported, is not PEM-encoded, is encrypted, or does not match the certificate.")
	}
	if keyAlgorithm(leaf) == "" {
		return nil, invalid("The private key length or key algorithm is not supported.")
	}
	now := r.service.Clock.Now()
	switch {
	case now.Before(leaf.NotBefore):
		return nil, invalid("The certificate is not valid until %s.", leaf.NotBefore.UTC().Format(time.RFC3339))
	case now.After(leaf.NotAfter):
		return nil, invalid("The certificate has expired.")
	}
	if names := names(leaf); len(names) > 100 {
		return nil, invalid("The certificate has more than 100 domain names.")
	}
	return leaf, judgeChain(leaf, in.CertificateChain)
}

// judgeChain wants each certificate of the chain to have signed the one before.
func judgeChain(leaf *x509.Certificate, text []byte) *api.Error {
	if len(text) == 0 {
		return nil
	}
	chain, err := readPEM(text)
	if err != nil || len(chain) == 0 {
		return invalid("Could not parse the certificate chain.")
	}
	below := leaf
	for _, above := range chain {
		if below.CheckSignatureFrom(above) != nil {
			return invalid("Could not validate the certificate with the certificate chain.")
		}
		below = above
	}
	return nil
}

func readPEM(text []byte) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("a block of type %q", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	if len(bytes.TrimSpace(text)) > 0 {
		return nil, fmt.Errorf("text that is not PEM")
	}
	return all, nil
}

// terminated ends a text with a line break, so that a chain can follow.
func terminated(text []byte) []byte {
	if bytes.HasSuffix(text, []byte("\n")) {
		return text
	}
	return append(append([]byte(nil), text...), '\n')
}

// keyAlgorithm is ACM's name of a certificate's key, or nothing for one that it
// does not take.
func keyAlgorithm(c *x509.Certificate) types.KeyAlgorithm {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		switch key.N.BitLen() {
		case 1024, 2048, 3072, 4096:
			return types.KeyAlgorithm(fmt.Sprintf("RSA_%d", key.N.BitLen()))
		}
	case *ecdsa.PublicKey:
		switch key.Params().BitSize {
		case 256:
			return types.KeyAlgorithmEcPrime256v1
		case 384:
			return types.KeyAlgorithmEcSecp384r1
		case 521:
			return types.KeyAlgorithmEcSecp521r1
		}
	}
	return ""
}

// names are a certificate's domain names, the subject's first.
func names(c *x509.Certificate) []string {
	var all []string
	if c.Subject.CommonName != "" {
		all = append(all, c.Subject.CommonName)
	}
	for _, name := range c.DNSNames {
		if name != c.Subject.CommonName {
			all = append(all, name)
		}
	}
	return all
}

// describe fills in what a certificate says about itself.
func describe(d *types.CertificateDetail, c *x509.Certificate) {
	all := names(c)
	if len(all) > 0 {
		d.DomainName = aws.String(all[0])
	}
	d.SubjectAlternativeNames = all
	d.NotBefore, d.NotAfter = aws.Time(c.NotBefore), aws.Time(c.NotAfter)
	d.KeyAlgorithm, d.SignatureAlgorithm = keyAlgorithm(c), aws.String(strings.ReplaceAll(c.SignatureAlgorithm.String(), "-", "WITH"))
	d.Subject, d.Serial = aws.String(c.Subject.String()), aws.String(hexPairs(c.SerialNumber.Bytes()))
	d.Issuer = aws.String(c.Issuer.CommonName)
	if len(c.Issuer.Organization) > 0 {
		d.Issuer = aws.String(c.Issuer.Organization[0])
	}
	d.KeyUsages, d.ExtendedKeyUsages = usages(c)
}

// hexPairs writes a serial number as "0a:1b".
func hexPairs(number []byte) string {
	var all []string
	for _, b := range number {
		all = append(all, fmt.Sprintf("%02x", b))
	}
	return strings.Join(all, ":")
}
