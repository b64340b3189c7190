// Package elbv2 simulates Elastic Load Balancing version 2: load balancers,
// listeners, rules, target groups, targets and trust stores, with AWS's limits,
// errors and delays. Requests have been decoded and checked against Amazon's
// model before they come here; what is judged here is what the model does not
// say.
//
// Comments tell where a rule is from: SDK is aws-sdk-go-v2's documentation of its
// types, V1 Amazon's service model as aws-sdk-go has it, DOC the Elastic Load
// Balancing guides by the title of the section ("quotas": "Quotas for your
// Application Load Balancers" and the page of the same name for network ones).
//
// State is kept by account and region. A carrier (package traffic) is told every
// change and carries the traffic.
package elbv2

import (
	"io/fs"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// Options are what the service stands on.
type Options struct {
	Clock *clock.Clock
	DB    *store.DB
	// Network is EC2.
	Network Network
	// Certificates is ACM.
	Certificates Certificates
	// Quotas bound an account.
	Quotas *Quotas
	// Delays are what AWS takes its time for; zero means at once.
	Delays Delays
	// Carrier carries the traffic; nil means that none is carried and targets are assumed to be healthy.
	Carrier traffic.Carrier
	// Addresses is where load balancers get the carrier's addresses from; the zero prefix gives none.
	Addresses netip.Prefix
	// Objects stands for S3: trust stores read bucket/key here. Nil means that no object exists.
	Objects fs.FS
	// Log hears what the carrier refuses; nil means slog's default.
	Log *slog.Logger
	// TargetRanges are where IP targets may lie besides AWS's private ranges, for targets on loopback.
	TargetRanges []netip.Prefix
}

// Service is Elastic Load Balancing for all accounts and regions. Use New.
type Service struct {
	Options
	regions *store.Scopes[*region]
	pool    *addressPool
}

// New opens the service with what the DB holds.
func New(o Options) (*Service, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Carrier == nil {
		o.Carrier = newAssumption(o.Clock)
	}
	s := &Service{Options: o, pool: newAddressPool(o.Addresses)}
	regions, err := store.NewScopes(o.DB, s.openRegion)
	if err != nil {
		return nil, err
	}
	s.regions = regions
	return s, nil
}

// Scopes are the accounts and regions that were asked about, or have state, in the order of their names.
func (s *Service) Scopes() []store.Scope {
	return slices.SortedFunc(maps.Keys(s.regions.All()), func(a, b store.Scope) int { return strings.Compare(a.String(), b.String()) })
}

// Operations are all operations of the API, by name.
func (s *Service) Operations() map[string]api.Operation {
	all := map[string]api.Operation{}
	for _, part := range []map[string]api.Operation{
		s.balancerOperations(), s.listenerOperations(), s.ruleOperations(),
		s.groupOperations(), s.targetOperations(), s.tagOperations(), s.trustStoreOperations(),
	} {
		for name, operation := range part {
			all[name] = operation
		}
	}
	return all
}

// of is the state that a call is about.
func (s *Service) of(c *api.Call) (*region, error) {
	return s.regions.Of(store.Scope{Account: c.Account, Region: c.Region})
}

// reading makes an Operation of a function that only reads a region.
func reading[I, O any](s *Service, f func(*region, *I) (*O, error)) api.Operation {
	return api.Op(func(c *api.Call, in *I) (*O, error) {
		r, err := s.of(c)
		if err != nil {
			return nil, err
		}
		r.mu.RLock()
		defer r.mu.RUnlock()
		return f(r, in)
	})
}

// writing makes an Operation of a function that changes a region. It must have judged everything before its first
// change: there is no way back.
func writing[I, O any](s *Service, f func(*region, *I) (*O, error)) api.Operation {
	return api.Op(func(c *api.Call, in *I) (*O, error) {
		r, err := s.of(c)
		if err != nil {
			return nil, err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		return f(r, in)
	})
}
