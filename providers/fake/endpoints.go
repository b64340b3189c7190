package fake

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// group is what a PoolObservation says of one group: all that SyncEndpoints
// has to know in order to read nothing.
type group struct {
	Name      string
	Locality  ir.Locality
	Endpoints []string
}

// observation is a pool that consists of these groups.
func observation(pool string, groups []group) providers.PoolObservation {
	byCluster := map[string]*ir.ClusterEndpoints{}
	o := providers.PoolObservation{Name: pool, State: groups}
	for _, g := range groups {
		c := byCluster[g.Locality.Cluster]
		if c == nil {
			c = &ir.ClusterEndpoints{Cluster: g.Locality.Cluster, Known: true}
			byCluster[g.Locality.Cluster] = c
		}
		for _, e := range g.Endpoints {
			if at, err := netip.ParseAddrPort(e); err == nil {
				c.Endpoints = append(c.Endpoints, ir.Endpoint{
					Address: at.Addr().String(), Port: at.Port(), Serving: true,
					Region: g.Locality.Region, Zone: g.Locality.Zone, Network: g.Locality.Network,
				})
			}
		}
	}
	for _, c := range byCluster {
		o.Clusters = append(o.Clusters, *c)
	}
	slices.SortFunc(o.Clusters, func(a, b ir.ClusterEndpoints) int { return strings.Compare(a.Cluster, b.Cluster) })
	return o
}

// SyncEndpoints implements [providers.Provider]. What the groups hold is in
// the observation, so that only differences are called for: for each group one
// call that adds and one that removes.
func (p *Provider) SyncEndpoints(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
	observed, ok := pool.State.([]group)
	if !ok {
		return pool, unplaced(pool.Name)
	}
	client, groups := p.client(ref.Location), slices.Clone(observed)
	placed := true
	for _, c := range changed {
		if !c.Known {
			continue
		}
		want := byLocality(c)
		for i, g := range groups {
			if g.Locality.Cluster != c.Cluster {
				continue
			}
			if err := client.bring(ctx, g, want[g.Locality]); err != nil {
				return observation(pool.Name, groups), err
			}
			groups[i].Endpoints = want[g.Locality]
			delete(want, g.Locality)
		}
		placed = placed && len(want) == 0
	}
	if !placed {
		return observation(pool.Name, groups), unplaced(pool.Name)
	}
	return observation(pool.Name, groups), nil
}

// bring makes a group hold exactly want. New endpoints come before old ones
// go.
func (c client) bring(ctx context.Context, g group, want []string) error {
	if add := without(want, g.Endpoints); len(add) > 0 {
		if err := c.attach(ctx, g.Name, add); err != nil {
			return err
		}
	}
	if remove := without(g.Endpoints, want); len(remove) > 0 {
		return c.detach(ctx, g.Name, remove)
	}
	return nil
}

// unplaced says that endpoints are where the pool has no group yet: the next
// plan makes one.
func unplaced(pool string) error {
	return &providers.Error{
		Kind: providers.Stale, Reason: "NoGroup", Subject: plan.Pool(pool),
		Message: "pool " + pool + " has endpoints in a zone that it has no group for yet",
	}
}

// byLocality are the endpoints of a cluster that take traffic, by where they
// are. Terminating ones do where no other serves.
func byLocality(c ir.ClusterEndpoints) map[ir.Locality][]string {
	terminating := !slices.ContainsFunc(c.Endpoints, func(e ir.Endpoint) bool { return e.Serving && !e.Terminating })
	out := map[ir.Locality][]string{}
	for _, e := range c.Endpoints {
		at, err := netip.ParseAddr(e.Address)
		if err != nil || !e.Serving || e.Terminating != terminating {
			continue
		}
		l := e.Locality(c.Cluster)
		out[l] = append(out[l], netip.AddrPortFrom(at, e.Port).String())
	}
	for _, endpoints := range out {
		slices.Sort(endpoints)
	}
	return out
}

// without is what of a is not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(e string) bool { return slices.Contains(b, e) })
}
