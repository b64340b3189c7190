package acm

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// maxNames is how many names a requested certificate may have. Source: ACM User
// Guide, "Quotas", domain names for each ACM certificate.
const maxNames = 10

// tokenLife is how long an idempotency token is remembered. Source:
// RequestCertificate, API reference: one hour.
const tokenLife = time.Hour

func (r *region) requestCertificate(in *acm.RequestCertificateInput) (*acm.RequestCertificateOutput, error) {
	names := append([]string{aws.ToString(in.DomainName)}, in.SubjectAlternativeNames...)
	slices.Sort(names[1:])
	names = slices.Compact(names)
	if len(names) > maxNames {
		return nil, api.Errorf("LimitExceededException", "The number of domain names requested exceeds the limit of %d.", maxNames)
	}
	if failure := checkTags(in.Tags); failure != nil {
		return nil, failure
	}
	now := r.service.Clock.Now()
	if arn := r.requested(in, now); arn != "" {
		return &acm.RequestCertificateOutput{CertificateArn: aws.String(arn)}, nil
	}
	if failure := r.room(); failure != nil {
		return nil, failure
	}
	c := certificate{Tags: in.Tags, Token: aws.ToString(in.IdempotencyToken)}
	arn := r.newARN()
	c.Detail = types.CertificateDetail{
		CertificateArn: aws.String(arn), DomainName: in.DomainName, SubjectAlternativeNames: names,
		Type: types.CertificateTypeAmazonIssued, Status: types.CertificateStatusPendingValidation, CreatedAt: aws.Time(now),
		KeyAlgorithm: in.KeyAlgorithm, RenewalEligibility: types.RenewalEligibilityIneligible, Options: in.Options,
		CertificateKeyPairOrigin: types.CertificateKeyPairOriginAwsManaged,
	}
	if c.Detail.KeyAlgorithm == "" {
		c.Detail.KeyAlgorithm = types.KeyAlgorithmRsa2048
	}
	method := in.ValidationMethod
	if method == "" {
		method = types.ValidationMethodEmail
	}
	for _, name := range names {
		c.Detail.DomainValidationOptions = append(c.Detail.DomainValidationOptions, r.validation(name, method))
	}
	r.certs.Put(arn, c)
	r.issueLater(arn, now)
	return &acm.RequestCertificateOutput{CertificateArn: aws.String(arn)}, nil
}

// requested is the ARN that an equal request got while its token was remembered.
func (r *region) requested(in *acm.RequestCertificateInput, now time.Time) string {
	if in.IdempotencyToken == nil {
		return ""
	}
	for arn, c := range r.certs.All() {
		if c.Token == *in.IdempotencyToken && aws.ToString(c.Detail.DomainName) == aws.ToString(in.DomainName) &&
			now.Sub(aws.ToTime(c.Detail.CreatedAt)) < tokenLife {
			return arn
		}
	}
	return ""
}

// validation is how a name is to be proved.
func (r *region) validation(name string, method types.ValidationMethod) types.DomainValidation {
	domain := strings.TrimPrefix(name, "*.")
	v := types.DomainValidation{
		DomainName: aws.String(name), ValidationDomain: aws.String(domain), ValidationMethod: method,
		ValidationStatus: types.DomainStatusPendingValidation,
	}
	switch method {
	case types.ValidationMethodDns:
		hash := sha256.Sum256([]byte(r.Account + domain))
		v.ResourceRecord = &types.ResourceRecord{
			Name: aws.String(fmt.Sprintf("_%x.%s.", hash[:16], domain)), Type: types.RecordTypeCname,
			Value: aws.String(fmt.Sprintf("_%x.acm-validations.aws.", hash[16:])),
		}
	case types.ValidationMethodEmail:
		for _, user := range []string{"admin", "administrator", "hostmaster", "postmaster", "webmaster"} {
			v.ValidationEmails = append(v.ValidationEmails, user+"@"+domain)
		}
	}
	return v
}

// issueLater issues a certificate once its validation time is over.
func (r *region) issueLater(arn string, requested time.Time) {
	wait := requested.Add(r.service.IssueDelay).Sub(r.service.Clock.Now())
	r.service.Clock.AfterFunc(wait, func() {
		// A key takes a while to make, and the clock's other functions wait for this one.
		go r.issueNow(arn)
	})
}

func (r *region) issueNow(arn string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, there := r.certs.Get(arn)
	if !there || c.Detail.Status != types.CertificateStatusPendingValidation {
		return
	}
	now := r.service.Clock.Now()
	issued, chain, leaf, err := r.issue(c.Detail.SubjectAlternativeNames, c.Detail.KeyAlgorithm, now)
	if err != nil {
		c.Detail.Status, c.Detail.FailureReason = types.CertificateStatusFailed, types.FailureReasonOther
		r.certs.Put(arn, c)
		return
	}
	options := slices.Clone(c.Detail.DomainValidationOptions)
	for i := range options {
		options[i].ValidationStatus = types.DomainStatusSuccess
	}
	describe(&c.Detail, leaf)
	c.Detail.DomainValidationOptions, c.Detail.Status = options, types.CertificateStatusIssued
	c.Detail.IssuedAt, c.Detail.RenewalEligibility = aws.Time(now), types.RenewalEligibilityEligible
	c.Pair, c.Chain = issued, chain
	r.certs.Put(arn, c)
}
