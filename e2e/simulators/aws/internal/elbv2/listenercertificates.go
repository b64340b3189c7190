package elbv2

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

func (l *listener) defaultCertificate() string {
	if len(l.View.Certificates) == 0 {
		return ""
	}
	return aws.ToString(l.View.Certificates[0].CertificateArn)
}

// addListenerCertificates succeeds if the certificate is there already. [SDK]
func (r *region) addListenerCertificates(in *elb.AddListenerCertificatesInput) (*elb.AddListenerCertificatesOutput, error) {
	old, b, err := r.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	if !secure(old.View.Protocol) {
		return nil, check.Invalid("Certificates cannot be specified for %s listeners", old.View.Protocol)
	}
	if err := oneCertificate(in.Certificates); err != nil {
		return nil, err
	}
	certificate := in.Certificates[0].CertificateArn
	if err := r.checkCertificate(certificate); err != nil {
		return nil, err
	}
	out := &elb.AddListenerCertificatesOutput{Certificates: []types.Certificate{{CertificateArn: certificate, IsDefault: aws.Bool(*certificate == old.defaultCertificate())}}}
	if *certificate == old.defaultCertificate() || slices.Contains(old.Certificates, *certificate) {
		return out, nil
	}
	if err := r.roomForCertificate(b); err != nil {
		return nil, err
	}
	l := copyOf(old)
	l.Certificates = append(slices.Clone(old.Certificates), *certificate)
	r.putListener(l)
	return out, nil
}

// oneCertificate: "You can specify one certificate per call", without IsDefault. [SDK]
func oneCertificate(certificates []types.Certificate) error {
	if len(certificates) != 1 || certificates[0].IsDefault != nil {
		return check.Invalid("You must specify one certificate per call, without 'IsDefault'")
	}
	return nil
}

// roomForCertificate counts a load balancer's certificates, default ones not counted. [DOC quotas]
func (r *region) roomForCertificate(b *balancer) error {
	limit := limitCertificatesALB
	if !b.application() {
		limit = limitCertificatesNLB
	}
	n := 0
	for _, l := range r.listenersOf(b.arn()) {
		n += len(l.Certificates)
	}
	if n >= r.quota(limit) {
		return api.Errorf("TooManyCertificates", "The maximum number of certificates has been reached for load balancer '%s': '%d'", b.arn(), r.quota(limit))
	}
	return nil
}

func (r *region) removeListenerCertificates(in *elb.RemoveListenerCertificatesInput) (*elb.RemoveListenerCertificatesOutput, error) {
	old, _, err := r.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	if err := oneCertificate(in.Certificates); err != nil {
		return nil, err
	}
	certificate := aws.ToString(in.Certificates[0].CertificateArn)
	if certificate == old.defaultCertificate() {
		return nil, api.Errorf("OperationNotPermitted", "Default certificate '%s' cannot be removed from listener '%s'", certificate, old.arn())
	}
	l := copyOf(old)
	l.Certificates = slices.DeleteFunc(slices.Clone(old.Certificates), func(c string) bool { return c == certificate })
	if len(l.Certificates) != len(old.Certificates) {
		r.putListener(l)
	}
	return &elb.RemoveListenerCertificatesOutput{}, nil
}

func (r *region) describeListenerCertificates(in *elb.DescribeListenerCertificatesInput) (*elb.DescribeListenerCertificatesOutput, error) {
	l, _, err := r.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	all := []types.Certificate{}
	if arn := l.defaultCertificate(); arn != "" {
		all = append(all, types.Certificate{CertificateArn: &arn, IsDefault: aws.Bool(true)})
	}
	for _, arn := range l.Certificates {
		all = append(all, types.Certificate{CertificateArn: aws.String(arn), IsDefault: aws.Bool(false)})
	}
	slices.SortStableFunc(all, func(a, b types.Certificate) int {
		return strings.Compare(*a.CertificateArn, *b.CertificateArn)
	})
	all, next, err := page(all, func(c types.Certificate) string { return *c.CertificateArn }, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &elb.DescribeListenerCertificatesOutput{Certificates: all, NextMarker: next}, nil
}

// CertificateUsers are the ARNs of the load balancers that use a certificate: what ACM calls InUseBy.
func (s *Service) CertificateUsers(scope store.Scope, certificate string) []string {
	r, err := s.regions.Of(scope)
	if err != nil {
		return nil
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	var users []string
	for _, l := range r.listeners.All() {
		uses := l.defaultCertificate() == certificate || slices.Contains(l.Certificates, certificate)
		if uses && !slices.Contains(users, l.balancer()) {
			users = append(users, l.balancer())
		}
	}
	return users
}
