package acm

import (
	"encoding/base64"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

func (r *region) describeCertificate(in *acm.DescribeCertificateInput) (*acm.DescribeCertificateOutput, error) {
	c, failure := r.get(in.CertificateArn)
	if failure != nil {
		return nil, failure
	}
	detail := c.Detail
	detail.InUseBy = append([]string{}, r.service.Users(r.Scope, *in.CertificateArn)...)
	return &acm.DescribeCertificateOutput{Certificate: &detail}, nil
}

func (r *region) getCertificate(in *acm.GetCertificateInput) (*acm.GetCertificateOutput, error) {
	c, failure := r.get(in.CertificateArn)
	if failure != nil {
		return nil, failure
	}
	if c.Detail.Status == types.CertificateStatusPendingValidation {
		return nil, api.Errorf("RequestInProgressException", "Certificate in account %s for %s is not yet issued.", r.Account, *in.CertificateArn)
	}
	out := &acm.GetCertificateOutput{Certificate: aws.String(string(c.Pair.Certificate))}
	if len(c.Chain) > 0 {
		out.CertificateChain = aws.String(string(c.Chain))
	}
	return out, nil
}

func (r *region) deleteCertificate(in *acm.DeleteCertificateInput) (*acm.DeleteCertificateOutput, error) {
	c, failure := r.get(in.CertificateArn)
	if failure != nil {
		return nil, failure
	}
	arn := aws.ToString(c.Detail.CertificateArn)
	if len(r.service.Users(r.Scope, arn)) > 0 {
		return nil, api.Errorf("ResourceInUseException", "Certificate %s in account %s is in use.", arn, r.Account)
	}
	r.certs.Delete(arn)
	return &acm.DeleteCertificateOutput{}, nil
}

func (r *region) listCertificates(in *acm.ListCertificatesInput) (*acm.ListCertificatesOutput, error) {
	from := ""
	if in.NextToken != nil {
		decoded, err := base64.RawURLEncoding.DecodeString(*in.NextToken)
		if err != nil {
			return nil, invalid("The nextToken is not valid.")
		}
		from = string(decoded)
	}
	limit := 1000
	if in.MaxItems != nil {
		limit = int(*in.MaxItems)
	}
	out := &acm.ListCertificatesOutput{CertificateSummaryList: []types.CertificateSummary{}}
	for arn, c := range r.certs.From(from) {
		if !listed(c.Detail, in) {
			continue
		}
		if len(out.CertificateSummaryList) == limit {
			out.NextToken = aws.String(base64.RawURLEncoding.EncodeToString([]byte(arn)))
			break
		}
		out.CertificateSummaryList = append(out.CertificateSummaryList, r.summary(c.Detail))
	}
	return out, nil
}

// listed tells whether a certificate passes the filters. Source:
// ListCertificates and Filters, API reference: without a key type only RSA_1024
// and RSA_2048 are listed, and only those with all usages that are asked for.
func listed(d types.CertificateDetail, in *acm.ListCertificatesInput) bool {
	filters := types.Filters{}
	if in.Includes != nil {
		filters = *in.Includes
	}
	keys := filters.KeyTypes
	if len(keys) == 0 {
		keys = []types.KeyAlgorithm{types.KeyAlgorithmRsa1024, types.KeyAlgorithmRsa2048}
	}
	return oneOf(in.CertificateStatuses, d.Status) && oneOf(in.CertificateKeyPairOrigins, d.CertificateKeyPairOrigin) &&
		slices.Contains(keys, d.KeyAlgorithm) &&
		allOf(filters.KeyUsage, d.KeyUsages, func(u types.KeyUsage) types.KeyUsageName { return u.Name }) &&
		allOf(filters.ExtendedKeyUsage, d.ExtendedKeyUsages, func(u types.ExtendedKeyUsage) types.ExtendedKeyUsageName { return u.Name }) &&
		(filters.ManagedBy == "" || filters.ManagedBy == d.ManagedBy)
}

// oneOf tells whether a value is wanted; with none wanted, all are.
func oneOf[T comparable](wanted []T, got T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, got)
}

// allOf tells whether everything wanted is there.
func allOf[N comparable, U any](wanted []N, has []U, name func(U) N) bool {
	for _, w := range wanted {
		if !slices.ContainsFunc(has, func(u U) bool { return name(u) == w }) {
			return false
		}
	}
	return true
}

func (r *region) summary(d types.CertificateDetail) types.CertificateSummary {
	summary := types.CertificateSummary{
		CertificateArn: d.CertificateArn, DomainName: d.DomainName, Status: d.Status, Type: d.Type, KeyAlgorithm: d.KeyAlgorithm,
		CreatedAt: d.CreatedAt, ImportedAt: d.ImportedAt, IssuedAt: d.IssuedAt, NotBefore: d.NotBefore, NotAfter: d.NotAfter,
		RenewalEligibility: d.RenewalEligibility, SubjectAlternativeNameSummaries: d.SubjectAlternativeNames,
		CertificateKeyPairOrigin: d.CertificateKeyPairOrigin, Exported: aws.Bool(false),
		HasAdditionalSubjectAlternativeNames: aws.Bool(len(d.SubjectAlternativeNames) > 100),
	}
	summary.InUse = aws.Bool(len(r.service.Users(r.Scope, aws.ToString(d.CertificateArn))) > 0)
	for _, u := range d.KeyUsages {
		summary.KeyUsages = append(summary.KeyUsages, u.Name)
	}
	for _, u := range d.ExtendedKeyUsages {
		summary.ExtendedKeyUsages = append(summary.ExtendedKeyUsages, u.Name)
	}
	return summary
}
