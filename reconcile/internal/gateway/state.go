package gateway

import (
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/gather"
)

// steady is how long a Gateway that was Programmed may go on saying so while
// its proxies are not heard of, as after a restart of the hub: they serve
// their last good configuration meanwhile.
const steady = 15 * time.Second

// state finds or begins what is kept of a Gateway. A Gateway made anew under
// the same name begins anew.
func (c *Controller) state(gw *gatewayv1.Gateway, provider providers.Provider) *state {
	key := client.ObjectKeyFromObject(gw)
	c.mu.Lock()
	s := c.gateways[key]
	if s == nil || s.ref.UID != string(gw.UID) {
		s = &state{ref: providers.Ref{Hub: c.Hub, Namespace: gw.Namespace, Name: gw.Name, UID: string(gw.UID)}}
		c.gateways[key] = s
		c.Gather.Forget(key)
	}
	c.mu.Unlock()
	if provider != nil {
		s.busy.Lock()
		s.provider = provider
		s.busy.Unlock()
	}
	return s
}

func (c *Controller) forget(key gather.Key) {
	c.mu.Lock()
	delete(c.gateways, key)
	c.mu.Unlock()
	c.Gather.Forget(key)
}

// watchPools keeps which pools a Gateway uses, so that changed endpoints find
// it. It is called before the pools are filled: an endpoint that changes in
// between waits for the Gateway to be free and is not lost.
func (c *Controller) watchPools(s *state, pools []ir.BackendPool) {
	named := make(map[string]ir.BackendPool, len(pools))
	for _, p := range pools {
		named[p.Name] = p
	}
	c.mu.Lock()
	s.pools = named
	c.mu.Unlock()
}

// users are the Gateways that use a service, with the names of its pools.
func (c *Controller) users(service ir.Service) map[*state][]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[*state][]string{}
	for _, s := range c.gateways {
		for _, p := range s.pools {
			if p.Service == service {
				out[s] = append(out[s], p.Name)
			}
		}
	}
	return out
}

// seen keeps since when the data plane does not serve, and says whether that
// is short enough to be taken for a pause.
func (s *state) seen(programmed bool) bool {
	if programmed {
		s.unprogrammed = time.Time{}
		return false
	}
	if s.unprogrammed.IsZero() {
		s.unprogrammed = time.Now()
	}
	return time.Since(s.unprogrammed) < steady
}

// steadyFor is how long the pause may last yet, 0 if there is none.
func (s *state) steadyFor() time.Duration {
	if s.unprogrammed.IsZero() {
		return 0
	}
	return max(0, steady-time.Since(s.unprogrammed))
}
