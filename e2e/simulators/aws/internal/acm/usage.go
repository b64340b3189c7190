package acm

import (
	"crypto/x509"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"
)

// keyUsages are ACM's names. Source: KeyUsage, API reference.
var keyUsages = []struct {
	bit  x509.KeyUsage
	name types.KeyUsageName
}{
	{x509.KeyUsageDigitalSignature, types.KeyUsageNameDigitalSignature},
	{x509.KeyUsageContentCommitment, types.KeyUsageNameNonRepudation},
	{x509.KeyUsageKeyEncipherment, types.KeyUsageNameKeyEncipherment},
	{x509.KeyUsageDataEncipherment, types.KeyUsageNameDataEncipherment},
	{x509.KeyUsageKeyAgreement, types.KeyUsageNameKeyAgreement},
	{x509.KeyUsageCertSign, types.KeyUsageNameCertificateSigning},
	{x509.KeyUsageCRLSign, types.KeyUsageNameCrlSigning},
	{x509.KeyUsageEncipherOnly, types.KeyUsageNameEnchiperOnly},
	{x509.KeyUsageDecipherOnly, types.KeyUsageNameDecipherOnly},
}

// extendedUsages are ACM's names and the identifiers of RFC 5280. Source: ExtendedKeyUsage, API reference.
var extendedUsages = map[x509.ExtKeyUsage]types.ExtendedKeyUsage{
	x509.ExtKeyUsageServerAuth:      extended(types.ExtendedKeyUsageNameTlsWebServerAuthentication, "1.3.6.1.5.5.7.3.1"),
	x509.ExtKeyUsageClientAuth:      extended(types.ExtendedKeyUsageNameTlsWebClientAuthentication, "1.3.6.1.5.5.7.3.2"),
	x509.ExtKeyUsageCodeSigning:     extended(types.ExtendedKeyUsageNameCodeSigning, "1.3.6.1.5.5.7.3.3"),
	x509.ExtKeyUsageEmailProtection: extended(types.ExtendedKeyUsageNameEmailProtection, "1.3.6.1.5.5.7.3.4"),
	x509.ExtKeyUsageTimeStamping:    extended(types.ExtendedKeyUsageNameTimeStamping, "1.3.6.1.5.5.7.3.8"),
	x509.ExtKeyUsageOCSPSigning:     extended(types.ExtendedKeyUsageNameOcspSigning, "1.3.6.1.5.5.7.3.9"),
}

func extended(name types.ExtendedKeyUsageName, oid string) types.ExtendedKeyUsage {
	return types.ExtendedKeyUsage{Name: name, OID: aws.String(oid)}
}

// usages are what a certificate says that its key is for.
func usages(c *x509.Certificate) ([]types.KeyUsage, []types.ExtendedKeyUsage) {
	var plain []types.KeyUsage
	for _, u := range keyUsages {
		if c.KeyUsage&u.bit != 0 {
			plain = append(plain, types.KeyUsage{Name: u.name})
		}
	}
	var more []types.ExtendedKeyUsage
	for _, u := range c.ExtKeyUsage {
		if known, there := extendedUsages[u]; there {
			more = append(more, known)
		}
	}
	return plain, more
}
