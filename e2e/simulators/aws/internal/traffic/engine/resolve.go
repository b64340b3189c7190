package engine

import (
	"net/netip"
	"strings"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// Resolve is what DNS answers for a load balancer's name: the addresses of its nodes, without the zones that have a
// target group in use without healthy target there. When that leaves none, all are answered ("DNS failover", Target
// group health).
func (e *Engine) Resolve(name string) ([]netip.Addr, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	b, ok := e.names[canonical(name)]
	if !ok {
		return nil, false
	}
	groups := b.groups()
	across := b.config.Kind == traffic.Application || b.config.Attributes.Bool("load_balancing.cross_zone.enabled", false)
	var all, healthy []netip.Addr
	for _, address := range b.config.Addresses {
		all = append(all, address.IP)
		well := true
		for arn := range groups {
			well = well && e.groups.Get(arn).HealthyIn(address.Zone, across)
		}
		if well {
			healthy = append(healthy, address.IP)
		}
	}
	if len(healthy) == 0 {
		return all, true
	}
	return healthy, true
}

// groups are the ARNs of the target groups that the load balancer forwards to.
func (b *balancer) groups() map[string]bool {
	found := map[string]bool{}
	add := func(actions []traffic.Action) {
		for _, a := range actions {
			if a.Forward == nil {
				continue
			}
			for _, g := range a.Forward.Groups {
				found[g.ARN] = true
			}
		}
	}
	for _, l := range b.listeners {
		add(l.config.DefaultActions)
		for _, r := range l.rules {
			add(r.Actions)
		}
	}
	return found
}

func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
