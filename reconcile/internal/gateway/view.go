package gateway

import (
	"slices"
	"strings"
	"sync/atomic"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// view is what the members say of a site's pools. A cluster that holds
// endpoints in a pool and of which the source says nothing may be a member that
// could not be asked yet, as after a restart of the hub: its endpoints are not
// known. One that is no member any more, or that was read, has none.
type view struct {
	source providers.EndpointSource
	silent func() []string
	at     *site
	// guards is true once something was kept for a member's silence.
	guards atomic.Bool
}

// view is called, and its view used, while the site is busy.
func (c *Controller) view(at *site) *view {
	silent := c.Silent
	if silent == nil {
		silent = func() []string { return nil }
	}
	return &view{source: c.Endpoints, silent: silent, at: at}
}

// Endpoints implements [providers.EndpointSource].
func (v *view) Endpoints(pool string) []ir.ClusterEndpoints {
	told, held := v.source.Endpoints(pool), v.at.pools[pool]
	if len(held.Unsorted) == 0 && !slices.ContainsFunc(held.Clusters, func(c ir.ClusterEndpoints) bool { return !has(told, c.Cluster) }) {
		return told
	}
	all := slices.Clone(told)
	for _, member := range v.silent() {
		// What no cluster is noted of may be anybody's.
		if !has(told, member) && (len(held.Unsorted) > 0 || has(held.Clusters, member)) {
			all = append(all, ir.ClusterEndpoints{Cluster: member})
		}
	}
	if len(all) > len(told) {
		v.guards.Store(true)
		slices.SortFunc(all, func(a, b ir.ClusterEndpoints) int { return strings.Compare(a.Cluster, b.Cluster) })
	}
	return all
}

func has(all []ir.ClusterEndpoints, cluster string) bool {
	return slices.ContainsFunc(all, func(c ir.ClusterEndpoints) bool { return c.Cluster == cluster })
}
