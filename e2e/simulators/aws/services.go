package aws

import (
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/acm"
	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
	"fairway.dev/fairway/e2e/simulators/aws/internal/ec2"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2"
	"fairway.dev/fairway/e2e/simulators/aws/internal/identity"
	"fairway.dev/fairway/e2e/simulators/aws/internal/quotas"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
	"fairway.dev/fairway/e2e/simulators/aws/internal/sts"
	"fairway.dev/fairway/e2e/simulators/aws/internal/tagging"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// services are all services, tied together.
type services struct {
	ec2    *ec2.Service
	acm    *acm.Service
	elbv2  *elbv2.Service
	limits limits
	byName map[string]map[string]api.Operation
}

// newServices opens all services on a store.
func newServices(o Options, db *store.DB, c *clock.Clock, d *identity.Directory, carrier traffic.Carrier, addresses netip.Prefix) (*services, error) {
	s := &services{}
	var err error
	if s.limits.Quotas, err = elbv2.NewQuotas(db); err != nil {
		return nil, err
	}
	if s.ec2, err = ec2.New(ec2.Options{Clock: c, DB: db}); err != nil {
		return nil, err
	}
	// ACM and ELBv2 know each other: certificates tell who uses them, and their users are told of new ones.
	if s.acm, err = acm.New(acm.Options{
		Clock: c, DB: db, IssueDelay: time.Duration(o.Delays.CertificateIssue),
		Users: func(scope store.Scope, arn string) []string { return s.elbv2.CertificateUsers(scope, arn) },
		Changed: func(scope store.Scope, arn string) {
			chain, key, _ := s.acm.Certificate(scope, arn)
			if err := s.elbv2.CertificateChanged(arn, elbv2.Certificate{Chain: chain, Key: key}); err != nil {
				o.Log.Error("cannot use the new certificate", "certificate", arn, "err", err)
			}
		},
	}); err != nil {
		return nil, err
	}
	ranges, err := prefixes(o.TargetRanges)
	if err != nil {
		return nil, fmt.Errorf("read target ranges: %w", err)
	}
	if s.elbv2, err = elbv2.New(elbv2.Options{
		Clock: c, DB: db, Network: network{s.ec2}, Certificates: certificates{s.acm}, Quotas: s.limits.Quotas, Delays: o.Delays.elbv2(),
		Carrier: carrier, Addresses: addresses, Objects: o.objects(), TargetRanges: ranges,
	}); err != nil {
		return nil, err
	}
	s.byName = map[string]map[string]api.Operation{
		"elbv2": s.elbv2.Operations(), "ec2": s.ec2.Operations(), "acm": s.acm.Operations(), "sts": sts.New(d).Operations(),
		"tagging": tagging.New(map[string]tagging.Source{"elasticloadbalancing": s.elbv2, "ec2": s.ec2, "acm": s.acm}).Operations(),
		"quotas": quotas.New(map[string]quotas.Source{
			"elasticloadbalancing": {Title: "Elastic Load Balancing (ELB)", Quotas: s.limits.list},
		}).Operations(),
	}
	return s, nil
}

// seed puts the inventory of all accounts in place.
func (s *services) seed(accounts []Account, d *identity.Directory) error {
	for _, a := range accounts {
		key, err := a.key()
		if err != nil {
			return err
		}
		d.Add(key)
		for _, role := range a.Roles {
			d.AddRole(role)
		}
		for name, region := range a.Regions {
			scope := store.Scope{Account: a.ID, Region: name}
			if err := s.ec2.Seed(scope, region.Inventory); err != nil {
				return fmt.Errorf("seed inventory: %w", err)
			}
			for quota, value := range region.Quotas {
				if !s.limits.Give(scope, quota, value) {
					return fmt.Errorf("account %s, region %s: no quota %q", a.ID, name, quota)
				}
			}
		}
	}
	return nil
}

// objects is what stands for S3.
func (o Options) objects() fs.FS {
	if o.ObjectFS == nil && o.Objects != "" {
		return os.DirFS(o.Objects)
	}
	return o.ObjectFS
}

func prefixes(texts []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// limits are ELBv2's quotas as Service Quotas and the admin interface see them.
type limits struct{ *elbv2.Quotas }

func (l limits) list(scope store.Scope) []quotas.Quota {
	var all []quotas.Quota
	for _, q := range elbv2.DefaultQuotas {
		all = append(all, quotas.Quota{Name: q.Title, Value: l.Get(scope, q.Name), Default: q.Default, Adjustable: q.Adjustable})
	}
	return all
}

// All gives the limits in force by name.
func (l limits) All(scope store.Scope) map[string]int {
	all := map[string]int{}
	for _, q := range elbv2.DefaultQuotas {
		all[q.Name] = l.Get(scope, q.Name)
	}
	return all
}
