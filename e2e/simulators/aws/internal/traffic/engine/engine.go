// Package engine carries the traffic of all load balancers that it is told: it opens their listeners on their addresses,
// probes their targets, and knows their names for DNS.
package engine

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"sync"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/alb"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/certificate"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/health"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/nlb"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/pool"
)

var _ traffic.Carrier = (*Engine)(nil)

// Options are what an engine needs.
type Options struct {
	Clock health.Clock
	Log   *slog.Logger
	// OnHealth is told of every change of a target's health that probing found. It may call the engine. May be nil.
	OnHealth func(traffic.Change)
	// Observe is told of every request to an Application Load Balancer when it has ended. May be nil.
	Observe func(traffic.Exchange)
}

// Engine is a traffic.Carrier on real sockets. New makes one.
type Engine struct {
	options      Options
	groups       pool.Groups
	certificates certificate.Store
	checker      *health.Checker
	seal         *alb.Seal

	mu        sync.Mutex
	balancers map[string]*balancer
	listeners map[string]*listener
	names     map[string]*balancer // by DNS name, in lower case
}

// balancer is a load balancer of either kind, with its listeners.
type balancer struct {
	config traffic.LoadBalancer
	plane  interface {
		SetConfig(traffic.LoadBalancer)
		Close()
	}
	listeners map[string]*listener
}

// front takes traffic of either kind on a port.
type front interface {
	Open(netip.AddrPort) (io.Closer, error)
	SetConfig(traffic.Listener) error
	SetRules(...traffic.Rule) error
	RemoveRules(...string)
	Close() error
}

// New makes an engine that carries nothing yet.
func New(options Options) (*Engine, error) {
	seal, err := alb.NewSeal()
	if err != nil {
		return nil, err
	}
	e := &Engine{
		options:   options,
		seal:      seal,
		balancers: map[string]*balancer{},
		listeners: map[string]*listener{},
		names:     map[string]*balancer{},
	}
	e.checker = health.New(options.Clock, e.healthChanged)
	return e, nil
}

// Close takes everything away.
func (e *Engine) Close() {
	e.mu.Lock()
	for arn := range e.balancers {
		e.removeLoadBalancer(arn)
	}
	e.mu.Unlock()
	e.checker.Close()
}

// SetLoadBalancer implements traffic.Carrier.
func (e *Engine) SetLoadBalancer(config traffic.LoadBalancer) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	b, ok := e.balancers[config.ARN]
	if !ok {
		b = &balancer{listeners: map[string]*listener{}}
		switch config.Kind {
		case traffic.Application:
			b.plane = alb.NewBalancer(alb.World{
				Groups:       &e.groups,
				Certificates: &e.certificates,
				Now:          e.options.Clock.Now,
				Log:          e.options.Log,
				Observe:      e.options.Observe,
				Cookies:      e.seal,
			}, config)
		case traffic.Network:
			b.plane = nlb.NewBalancer(nlb.World{Groups: &e.groups, Certificates: &e.certificates, Log: e.options.Log}, config)
		default:
			return fmt.Errorf("load balancer %s: no traffic for kind %q", config.ARN, config.Kind)
		}
		e.balancers[config.ARN] = b
	}
	delete(e.names, canonical(b.config.DNSName))
	e.names[canonical(config.DNSName)] = b
	b.config = config
	b.plane.SetConfig(config)
	var all error
	for _, l := range b.listeners {
		all = errors.Join(all, l.listen(config.Addresses))
	}
	return all
}

// RemoveLoadBalancer implements traffic.Carrier.
func (e *Engine) RemoveLoadBalancer(arn string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.removeLoadBalancer(arn)
}

func (e *Engine) removeLoadBalancer(arn string) {
	b, ok := e.balancers[arn]
	if !ok {
		return
	}
	for listener := range b.listeners {
		e.removeListener(listener)
	}
	b.plane.Close()
	delete(e.names, canonical(b.config.DNSName))
	delete(e.balancers, arn)
}

// SetTargetGroup implements traffic.Carrier.
func (e *Engine) SetTargetGroup(config traffic.TargetGroup) {
	e.groups.Get(config.ARN).SetConfig(config)
	e.checker.SetGroup(config)
}

// RemoveTargetGroup implements traffic.Carrier.
func (e *Engine) RemoveTargetGroup(arn string) {
	e.checker.Remove(arn)
	e.groups.Remove(arn)
}

// SetTargets implements traffic.Carrier.
func (e *Engine) SetTargets(group string, targets []traffic.Target) {
	// In this order: health that is found is never of a target that the group does not know yet.
	e.groups.Get(group).SetTargets(targets)
	e.checker.SetTargets(group, targets)
}

// Health implements traffic.Carrier.
func (e *Engine) Health(group string, target traffic.Key) traffic.Health {
	return e.checker.Health(group, target)
}

func (e *Engine) healthChanged(c traffic.Change) {
	e.groups.Get(c.TargetGroup).SetHealth(c.Target, c.Health, e.options.Clock.Now())
	if e.options.OnHealth != nil {
		e.options.OnHealth(c)
	}
}

// SetCertificate implements traffic.Carrier.
func (e *Engine) SetCertificate(c traffic.Certificate) error { return e.certificates.Set(c) }

// RemoveCertificate implements traffic.Carrier.
func (e *Engine) RemoveCertificate(arn string) { e.certificates.Remove(arn) }

// SetTrustStore implements traffic.Carrier.
func (e *Engine) SetTrustStore(t traffic.TrustStore) error { return e.certificates.SetTrust(t) }

// RemoveTrustStore implements traffic.Carrier.
func (e *Engine) RemoveTrustStore(arn string) { e.certificates.RemoveTrust(arn) }
