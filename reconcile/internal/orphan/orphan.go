// Package orphan finds load balancers whose Gateway is gone and takes them
// down: what is left when a Gateway lost its finalizer, or its record of where
// it was. Nothing of another hub, and nothing foreign, is touched.
package orphan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/gatewayclass"
	"fairway.dev/fairway/reconcile/internal/placement"
	"fairway.dev/fairway/reconcile/internal/settings"
)

// every is the time from one sweep to the next. What two of them in a row find
// without a Gateway is an orphan.
const every = 10 * time.Minute

// Sweeper looks for orphans from time to time, on the leader.
type Sweeper struct {
	// Client reads from the cache, Reader from the API server itself.
	Client    client.Client
	Reader    client.Reader
	Hub       string
	Providers map[string]providers.Provider
	Settings  settings.Reader
	Endpoints providers.EndpointSource
	Log       logr.Logger

	// suspects had no Gateway in the last sweep.
	suspects map[suspect]bool
}

// suspect is one load balancer of one provider.
type suspect struct {
	provider string
	ref      providers.Ref
}

// NeedLeaderElection says that only the leader sweeps.
func (s *Sweeper) NeedLeaderElection() bool { return true }

// Start sweeps until ctx is done.
func (s *Sweeper) Start(ctx context.Context) error {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
			s.sweep(ctx)
		}
	}
}

// sweep looks everywhere once. A place that cannot be listed hides no other.
func (s *Sweeper) sweep(ctx context.Context) {
	places, err := s.places(ctx)
	if err != nil {
		s.Log.Error(err, "Orphans not looked for")
		return
	}
	found := map[suspect]bool{}
	for _, p := range places {
		refs, err := s.Providers[p.Provider].List(ctx, p.Location)
		if err != nil {
			s.Log.Error(err, "Load balancers not listed", "provider", p.Provider, "location", p.Location)
			continue
		}
		for _, ref := range refs {
			ref.Location = p.Location
			one := suspect{p.Provider, ref}
			if ref.Hub != s.Hub || ref.Cluster != "" {
				continue
			}
			// Asked after the list: a Gateway says where it builds before it does.
			if wanted, err := s.wanted(ctx, one); err != nil {
				s.Log.Error(err, "Gateway of a load balancer not read", "gateway", ref.String())
				continue
			} else if wanted {
				continue
			}
			found[one] = true
			if s.suspects[one] {
				s.remove(ctx, one)
			}
		}
	}
	s.suspects = found
}

// places are all that Gateways and classes know of, each once.
func (s *Sweeper) places(ctx context.Context) ([]placement.Placement, error) {
	var gateways gatewayv1.GatewayList
	if err := s.Client.List(ctx, &gateways, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list Gateways: %w", err)
	}
	var classes gatewayv1.GatewayClassList
	if err := s.Client.List(ctx, &classes, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list GatewayClasses: %w", err)
	}
	known := map[placement.Placement]bool{}
	for i := range gateways.Items {
		list, err := placement.Of(&gateways.Items[i])
		if err != nil {
			continue // Its next round writes them anew.
		}
		for _, p := range list {
			known[p] = s.Providers[p.Provider] != nil
		}
	}
	for i := range classes.Items {
		provider := gatewayclass.Provider(s.Providers, &classes.Items[i])
		if provider == nil {
			continue
		}
		own, err := s.Settings.OfClass(ctx, &classes.Items[i], provider)
		if err != nil {
			continue // The class says it.
		}
		if location, err := provider.Locate(own); err == nil {
			known[placement.Placement{Provider: provider.Name(), Location: location}] = true
		}
	}
	maps.DeleteFunc(known, func(_ placement.Placement, served bool) bool { return !served })
	return slices.Collect(maps.Keys(known)), nil
}

// wanted reports whether the Gateway of a load balancer exists and has it.
func (s *Sweeper) wanted(ctx context.Context, one suspect) (bool, error) {
	gw := &gatewayv1.Gateway{}
	err := s.Reader.Get(ctx, client.ObjectKey{Namespace: one.ref.Namespace, Name: one.ref.Name}, gw)
	if apierrors.IsNotFound(err) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("read Gateway %s: %w", one.ref, err)
	}
	list, err := placement.Of(gw)
	switch {
	case string(gw.UID) != one.ref.UID:
		return false, nil
	case err != nil || len(list) == 0:
		// Somebody broke or removed its record. Its next round writes it anew.
		return true, nil
	}
	return slices.Contains(list, placement.Placement{Provider: one.provider, Location: one.ref.Location}), nil
}

// remove takes one orphan down, as far as it goes now; the next sweep goes on.
func (s *Sweeper) remove(ctx context.Context, one suspect) {
	log := s.Log.WithValues("provider", one.provider, "gateway", one.ref.String(), "uid", one.ref.UID, "location", one.ref.Location)
	provider := s.Providers[one.provider]
	seen, err := provider.Observe(ctx, one.ref)
	if err == nil {
		p := provider.Plan(one.ref, nil, nil, seen)
		if p.Empty() {
			return
		}
		log.Info("Taking down a load balancer that no Gateway has")
		_, _, err = provider.Apply(ctx, one.ref, p, s.Endpoints)
	}
	if err != nil && providers.KindOf(err) != providers.Pending && !errors.Is(err, context.Canceled) {
		log.Error(err, "Orphan not taken down, will try again")
	}
}
