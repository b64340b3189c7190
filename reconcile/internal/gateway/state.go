package gateway

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/instrument"
	"fairway.dev/fairway/reconcile/internal/placement"
	"fairway.dev/fairway/reconcile/internal/status"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// steady is how long a Gateway that was Programmed may go on saying so while
// its proxies are not heard of, as after a restart of the hub: they serve
// their last good configuration meanwhile.
const steady = 15 * time.Second

// state is what is kept of a Gateway between rounds.
type state struct {
	uid types.UID
	// sites are the places that it has a load balancer in; here is the one
	// that is to serve, nil before the first round.
	sites map[placement.Placement]*site
	here  *site

	// good is what it was last accepted with; nil if it never was, or nothing
	// was read yet.
	good *placement.Good
	// result is what the Gateway means, and served what it is served by: the
	// same, unless it is not accepted.
	result, served *translate.Result
	// listed are the pools that the provider serves or is about to; pools are
	// their names, by service; nil before the first round.
	listed []ir.BackendPool
	pools  map[ir.Service][]string
	// secrets are those that its settings name.
	secrets map[gather.Key]bool
	// unprogrammed is since when the data plane was seen not to serve.
	unprogrammed time.Time
	// refused are the routes that the provider refused in the last round;
	// controller is the name that the routes' statuses carry.
	refused    map[string]status.RouteRefusal
	controller gatewayv1.GatewayController
	// said is what the last round wished for the Gateway's status.
	said func(*gatewayv1.Gateway)
	// stale counts the rounds in a row that found their observation stale.
	stale int
}

// state finds or begins what is kept of a Gateway. A Gateway made anew under
// the same name begins anew.
func (c *Controller) state(gw *gatewayv1.Gateway) *state {
	key := client.ObjectKeyFromObject(gw)
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.gateways[key]
	if s == nil || s.uid != gw.UID {
		s = &state{uid: gw.UID, sites: map[placement.Placement]*site{}}
		c.gateways[key] = s
		c.Gather.Forget(key)
	}
	return s
}

func (c *Controller) forget(key gather.Key) {
	c.mu.Lock()
	delete(c.gateways, key)
	c.mu.Unlock()
	c.Gather.Forget(key)
}

// watchSecrets keeps which Secrets a Gateway's settings name.
func (c *Controller) watchSecrets(s *state) {
	named := map[gather.Key]bool{}
	if find := s.here.provider.SettingsKind().Secrets; find != nil {
		for _, name := range find(s.here.settings) {
			named[gather.Key(name)] = true
		}
	}
	c.mu.Lock()
	s.secrets = named
	c.mu.Unlock()
}

// secretChanged gives the Gateways whose settings name a Secret. What was seen
// with the old one is seen anew.
func (c *Controller) secretChanged(secret gather.Key) []gather.Key {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []gather.Key
	for key, s := range c.gateways {
		if s.secrets[secret] {
			out = append(out, key)
			c.forgetSeen(s.here.ref)
		}
	}
	return out
}

// forgetSeen drops what is kept of a load balancer.
func (c *Controller) forgetSeen(ref providers.Ref) {
	for _, p := range c.Providers {
		if f, is := instrument.Power[instrument.Forgetter](p); is {
			f.Forget(ref)
		}
	}
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
