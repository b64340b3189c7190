package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// catchUp brings the pools up to date whose endpoints, as observed, are not
// those that are known: what changed while nobody looked, such as before the
// hub was restarted. A provider that leaves its pools out of observations needs
// none of it.
func (c *Controller) catchUp(ctx context.Context, at *site, wish *ir.LoadBalancer) error {
	if len(at.pools) == 0 {
		return nil
	}
	var errs []error
	for _, p := range wish.Pools {
		held, observed := at.pools[p.Name]
		if !observed {
			continue
		}
		source := c.Endpoints.Endpoints(p.Name)
		held = held.Sort(source)
		if changed := differences(held.Clusters, source); len(changed) > 0 {
			errs = append(errs, at.sync(ctx, held, changed))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("bring endpoints up to date: %w", err)
	}
	return nil
}

// differences are the clusters whose endpoints are known and not those that are
// held. A cluster that is no more has none.
func differences(held, source []ir.ClusterEndpoints) []ir.ClusterEndpoints {
	var out []ir.ClusterEndpoints
	of := func(all []ir.ClusterEndpoints, cluster string) (ir.ClusterEndpoints, bool) {
		i := slices.IndexFunc(all, func(c ir.ClusterEndpoints) bool { return c.Cluster == cluster })
		if i < 0 {
			return ir.ClusterEndpoints{Cluster: cluster, Known: true}, false
		}
		return all[i], true
	}
	for _, now := range source {
		if before, _ := of(held, now.Cluster); now.Known && !slices.Equal(before.Endpoints, now.Endpoints) {
			out = append(out, now)
		}
	}
	for _, before := range held {
		if gone, there := of(source, before.Cluster); !there && len(before.Endpoints) > 0 {
			out = append(out, gone)
		}
	}
	slices.SortFunc(out, func(a, b ir.ClusterEndpoints) int { return strings.Compare(a.Cluster, b.Cluster) })
	return out
}

// sync brings one pool's changed clusters to the provider, and keeps what the
// pool holds then.
func (s *site) sync(ctx context.Context, held providers.PoolObservation, changed []ir.ClusterEndpoints) error {
	holds, err := s.provider.SyncEndpoints(ctx, s.ref, held, changed)
	if err == nil || holds.Name == held.Name {
		s.pools[held.Name] = holds
	}
	return err
}
