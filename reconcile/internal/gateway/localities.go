package gateway

import (
	"cmp"
	"slices"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// withLocalities is the wish with each pool's localities filled in: where its
// endpoints are, and where those were last seen of a cluster that cannot tell.
func withLocalities(wish *ir.LoadBalancer, source providers.EndpointSource, seen providers.Observation) *ir.LoadBalancer {
	out := *wish
	out.Pools = slices.Clone(wish.Pools)
	for i := range out.Pools {
		name := out.Pools[i].Name
		out.Pools[i].Localities = localities(source.Endpoints(name), seen.Pool(name).Clusters)
	}
	return &out
}

func localities(now, before []ir.ClusterEndpoints) []ir.Locality {
	found := map[ir.Locality]bool{}
	for _, c := range now {
		if !c.Known {
			if i := slices.IndexFunc(before, func(b ir.ClusterEndpoints) bool { return b.Cluster == c.Cluster }); i >= 0 {
				c = before[i]
			}
		}
		for _, e := range c.Endpoints {
			found[e.Locality(c.Cluster)] = true
		}
	}
	all := make([]ir.Locality, 0, len(found))
	for l := range found {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b ir.Locality) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Network, b.Network))
	})
	return all
}
