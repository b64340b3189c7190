package gateway

import (
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/placement"
)

// site is one place that a Gateway has a load balancer in.
type site struct {
	placement placement.Placement
	ref       providers.Ref
	provider  providers.Provider
	settings  providers.Settings

	// busy serializes the provider's verbs for the site, and guards what
	// follows.
	busy sync.Mutex
	// looked is true once the load balancer was observed.
	looked bool
	// pools hold what its pools hold, as the provider last said.
	pools map[string]providers.PoolObservation
}

// pool is what a pool holds; it goes by its name alone if nothing is known.
func (s *site) pool(name string) providers.PoolObservation {
	if p, known := s.pools[name]; known {
		return p
	}
	return providers.PoolObservation{Name: name}
}

// saw keeps what an observation says of the pools.
func (s *site) saw(o providers.Observation) {
	s.looked = true
	s.pools = make(map[string]providers.PoolObservation, len(o.Pools))
	for _, p := range o.Pools {
		s.pools[p.Name] = p
	}
}

// held are the pools that it holds, as they were seen.
func (s *site) held() []ir.BackendPool {
	s.busy.Lock()
	defer s.busy.Unlock()
	return s.list()
}

func (s *site) list() []ir.BackendPool {
	var out []ir.BackendPool
	for name := range s.pools {
		if service, port, ok := endpoints.ParsePool(name); ok {
			out = append(out, ir.BackendPool{Name: name, Service: service, Port: port})
		}
	}
	return out
}

// site finds or begins what is kept of a Gateway's load balancer in one place;
// it is nil for a provider that this build has not got.
func (c *Controller) site(gw *gatewayv1.Gateway, s *state, p placement.Placement) *site {
	provider := c.Providers[p.Provider]
	if provider == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	one := s.sites[p]
	if one == nil {
		one = &site{placement: p, provider: provider, ref: providers.Ref{
			Hub: c.Hub, Namespace: gw.Namespace, Name: gw.Name, UID: string(gw.UID), Location: p.Location,
		}}
		s.sites[p] = one
	}
	return one
}

// begun is what rounds keep of a Gateway's load balancer in one place; nil if
// they keep nothing, or it is that of a Gateway made anew under the same name.
func (c *Controller) begun(gw *gatewayv1.Gateway, p placement.Placement) *site {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.gateways[client.ObjectKeyFromObject(gw)]; s != nil && s.uid == gw.UID {
		return s.sites[p]
	}
	return nil
}

// leaveSite forgets a place in which nothing is left.
func (c *Controller) leaveSite(s *state, p placement.Placement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(s.sites, p)
}

// serves reports whether a load balancer serves all that is wished, at an
// address.
func serves(o providers.Observation, wish *ir.LoadBalancer) bool {
	programmed := map[string]bool{}
	for _, l := range o.Listeners {
		programmed[l.Name] = l.Programmed
	}
	for _, l := range wish.Listeners {
		if !programmed[l.Name] {
			return false
		}
	}
	return len(o.Addresses) > 0
}
