package elbv2

import (
	"sync"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// assumption is the carrier where none is given: it carries nothing and takes
// targets to be healthy from their first check on, one interval after their
// group came into use.
type assumption struct {
	clock  *clock.Clock
	mu     sync.Mutex
	groups map[string]*assumed
}

type assumed struct {
	group traffic.TargetGroup
	since map[traffic.Key]time.Time
}

func newAssumption(c *clock.Clock) *assumption {
	return &assumption{clock: c, groups: map[string]*assumed{}}
}

func (a *assumption) of(group string) *assumed {
	if a.groups[group] == nil {
		a.groups[group] = &assumed{since: map[traffic.Key]time.Time{}}
	}
	return a.groups[group]
}

func (a *assumption) SetTargetGroup(g traffic.TargetGroup) {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.of(g.ARN)
	if !g.InUse {
		known.since = map[traffic.Key]time.Time{}
	}
	known.group = g
}

func (a *assumption) RemoveTargetGroup(arn string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.groups, arn)
}

func (a *assumption) SetTargets(group string, targets []traffic.Target) {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.of(group)
	since := map[traffic.Key]time.Time{}
	for _, t := range targets {
		if at, there := known.since[t.Key()]; there {
			since[t.Key()] = at
		} else {
			since[t.Key()] = a.clock.Now()
		}
	}
	known.since = since
}

func (a *assumption) Health(group string, target traffic.Key) traffic.Health {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := a.of(group)
	since, there := known.since[target]
	if !there || a.clock.Now().Before(since.Add(known.group.HealthCheck.Interval)) {
		return traffic.Health{}
	}
	return traffic.Health{State: traffic.Healthy}
}

// Nothing else matters to it.

func (*assumption) SetLoadBalancer(traffic.LoadBalancer) error { return nil }
func (*assumption) RemoveLoadBalancer(string)                  {}
func (*assumption) SetListener(traffic.Listener) error         { return nil }
func (*assumption) RemoveListener(string)                      {}
func (*assumption) SetRules(string, ...traffic.Rule) error     { return nil }
func (*assumption) RemoveRules(string, ...string)              {}
func (*assumption) SetCertificate(traffic.Certificate) error   { return nil }
func (*assumption) RemoveCertificate(string)                   {}
func (*assumption) SetTrustStore(traffic.TrustStore) error     { return nil }
func (*assumption) RemoveTrustStore(string)                    {}
