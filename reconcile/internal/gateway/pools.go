package gateway

import (
	"slices"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/gather"
)

// use is one pool of one load balancer.
type use struct {
	site    *site
	service ir.Service
	pool    string
}

// watchPools keeps which pools a Gateway uses, so that changed endpoints find
// it. It is called before the pools are filled: an endpoint that changes in
// between waits for the Gateway to be free and is not lost.
func (c *Controller) watchPools(s *state, pools []ir.BackendPool) {
	gone, come := plan.Differing(s.listed, pools, func(a, b ir.BackendPool) bool { return a.Name == b.Name })
	s.listed = pools
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.pools == nil {
		s.pools = map[ir.Service][]string{}
	}
	for _, p := range gone {
		rest := slices.DeleteFunc(s.pools[p.Service], func(name string) bool { return name == p.Name })
		if s.pools[p.Service] = rest; len(rest) == 0 {
			delete(s.pools, p.Service)
		}
	}
	for _, p := range come {
		s.pools[p.Service] = append(s.pools[p.Service], p.Name)
	}
}

// users are the pools of a service, in every load balancer that has one.
func (c *Controller) users(service ir.Service) []use {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []use
	for _, s := range c.gateways {
		for _, pool := range s.pools[service] {
			for _, one := range s.sites {
				out = append(out, use{site: one, service: service, pool: pool})
			}
		}
	}
	return out
}

// used reports whether there still is such a pool, and whether its Gateway is
// served elsewhere now, or about to.
func (c *Controller) used(u use) (is, leaving bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.gateways[gather.Key{Namespace: u.site.ref.Namespace, Name: u.site.ref.Name}]
	if s == nil || s.sites[u.site.placement] != u.site {
		return false, false
	}
	return slices.Contains(s.pools[u.service], u.pool), u.site != s.here
}
