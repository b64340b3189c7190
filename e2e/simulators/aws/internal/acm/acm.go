// Package acm simulates AWS Certificate Manager: certificates that are imported
// with their keys, and ones that it issues itself a while after they were
// requested, from an authority of the simulator's own.
package acm

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

// Options are what the service stands on.
type Options struct {
	Clock *clock.Clock
	DB    *store.DB
	// IssueDelay is how long a requested certificate waits for its validation, which always succeeds.
	IssueDelay time.Duration
	// Users gives the ARNs of what uses a certificate; nil means that nothing does.
	Users func(s store.Scope, arn string) []string
	// Changed is told of a certificate that was imported again; nil tells nobody.
	Changed func(s store.Scope, arn string)
	// Limit is how many certificates an account may have in a region.
	Limit func(s store.Scope) int
}

// Service is ACM for all accounts and regions. Use New.
type Service struct {
	Options
	regions *store.Scopes[*region]
}

// New opens the service with what the DB holds.
func New(o Options) (*Service, error) {
	s := &Service{Options: o}
	if s.Users == nil {
		s.Users = func(store.Scope, string) []string { return nil }
	}
	if s.Changed == nil {
		s.Changed = func(store.Scope, string) {}
	}
	if s.Limit == nil {
		s.Limit = func(store.Scope) int { return DefaultLimit }
	}
	var err error
	s.regions, err = store.NewScopes(o.DB, s.openRegion)
	return s, err
}

// DefaultLimit is AWS's number of certificates for an account and region.
// Source: ACM User Guide, "Quotas".
const DefaultLimit = 2500

// region is one account's part of a region.
type region struct {
	store.Scope
	service *Service

	mu    sync.Mutex
	certs *store.Table[string, certificate]
	// authority is the issuer's certificate and key, made when first needed.
	authority *store.Table[string, keyPair]
}

// certificate is a certificate by its ARN. A stored one is never changed: a
// change puts a changed copy.
type certificate struct {
	// Detail is as described, but for who uses it.
	Detail types.CertificateDetail
	Pair   keyPair
	Chain  []byte
	Tags   []types.Tag
	// Token is the idempotency token of the request.
	Token string
}

// keyPair is a certificate and its key as PEM.
type keyPair struct{ Certificate, Key []byte }

func (s *Service) openRegion(scope store.Scope) (*region, error) {
	certs, err := store.NewTable[string, certificate](s.DB, scope, "acm-certificate")
	if err != nil {
		return nil, err
	}
	authority, err := store.NewTable[string, keyPair](s.DB, scope, "acm-authority")
	if err != nil {
		return nil, err
	}
	r := &region{Scope: scope, service: s, certs: certs, authority: authority}
	for arn, c := range certs.All() {
		if c.Detail.Status == types.CertificateStatusPendingValidation {
			r.issueLater(arn, aws.ToTime(c.Detail.CreatedAt))
		}
	}
	return r, nil
}

// Operations are the operations that the simulator has, by name.
func (s *Service) Operations() map[string]api.Operation {
	return map[string]api.Operation{
		"AddTagsToCertificate":      op(s, (*region).addTags),
		"DeleteCertificate":         op(s, (*region).deleteCertificate),
		"DescribeCertificate":       op(s, (*region).describeCertificate),
		"GetCertificate":            op(s, (*region).getCertificate),
		"ImportCertificate":         op(s, (*region).importCertificate),
		"ListCertificates":          op(s, (*region).listCertificates),
		"ListTagsForCertificate":    op(s, (*region).listTags),
		"RemoveTagsFromCertificate": op(s, (*region).removeTags),
		"RequestCertificate":        op(s, (*region).requestCertificate),
	}
}

// op makes an Operation of a function on a region, one call at a time.
func op[I, O any](s *Service, f func(*region, *I) (*O, error)) api.Operation {
	return api.Op(func(c *api.Call, in *I) (*O, error) {
		r, err := s.regions.Of(store.Scope{Account: c.Account, Region: c.Region})
		if err != nil {
			return nil, err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		return f(r, in)
	})
}

// Certificate gives the chain, the certificate first, and the key of an issued
// certificate as PEM.
func (s *Service) Certificate(scope store.Scope, arn string) (chain, key []byte, there bool) {
	r, err := s.regions.Of(scope)
	if err != nil {
		return nil, nil, false
	}
	// Certificates are read by other services under their own locks, so that this must not wait for a
	// request here that asks them who uses one: the table has a lock of its own.
	c, there := r.certs.Get(arn)
	if !there || c.Detail.Status != types.CertificateStatusIssued {
		return nil, nil, false
	}
	chain = append(append([]byte(nil), c.Pair.Certificate...), c.Chain...)
	return chain, c.Pair.Key, true
}

// newARN is an ARN with a random UUID.
func (r *region) newARN() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return fmt.Sprintf("arn:aws:acm:%s:%s:certificate/%x-%x-%x-%x-%x", r.Region, r.Account, b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

var arnForm = regexp.MustCompile(`^arn:[\w-]+:acm:[\w-]*:\d*:certificate/[\w-]+$`)

// get finds a certificate. Source of the errors: ACM API reference, DescribeCertificate.
func (r *region) get(arn *string) (certificate, *api.Error) {
	c, there := r.certs.Get(aws.ToString(arn))
	switch {
	case there:
		return c, nil
	case !arnForm.MatchString(aws.ToString(arn)):
		return c, api.Errorf("InvalidArnException", "The given ARN, %s, is not valid", aws.ToString(arn))
	default:
		return c, api.Errorf("ResourceNotFoundException", "Could not find certificate %s in account %s.", aws.ToString(arn), r.Account)
	}
}
