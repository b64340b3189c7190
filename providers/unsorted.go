package providers

import (
	"cmp"
	"slices"
	"strings"

	"fairway.dev/fairway/providers/ir"
)

// Sort gives each of the Unsorted endpoints the cluster that has it in source,
// which is what an EndpointSource says of the pool. Some clouds keep a list of
// addresses and no word on whose they are, so that a provider that was started
// anew cannot tell. Core sorts before each SyncEndpoints.
//
// An endpoint that no cluster has is left over from one of them. While some
// cluster is not Known it may be that one's, and stays Unsorted; otherwise it
// counts as the first cluster's, whose next SyncEndpoints removes it.
func (p PoolObservation) Sort(source []ir.ClusterEndpoints) PoolObservation {
	if len(p.Unsorted) == 0 || len(source) == 0 {
		return p
	}
	clusters := slices.Clone(p.Clusters)
	hold := func(cluster string, e ir.Endpoint) {
		i, found := slices.BinarySearchFunc(clusters, cluster, func(c ir.ClusterEndpoints, name string) int {
			return strings.Compare(c.Cluster, name)
		})
		if !found {
			clusters = slices.Insert(clusters, i, ir.ClusterEndpoints{Cluster: cluster, Known: true})
		}
		all := append(slices.Clone(clusters[i].Endpoints), e)
		slices.SortFunc(all, compareEndpoints)
		clusters[i].Endpoints = all
	}
	known := !slices.ContainsFunc(source, func(c ir.ClusterEndpoints) bool { return !c.Known })
	var unsorted []ir.Endpoint
	for _, e := range p.Unsorted {
		owner := slices.IndexFunc(source, func(c ir.ClusterEndpoints) bool {
			return slices.ContainsFunc(c.Endpoints, func(o ir.Endpoint) bool { return compareEndpoints(o, e) == 0 })
		})
		switch {
		case owner >= 0:
			hold(source[owner].Cluster, e)
		case known:
			hold(source[0].Cluster, e)
		default:
			unsorted = append(unsorted, e)
		}
	}
	p.Clusters, p.Unsorted = clusters, unsorted
	return p
}

func compareEndpoints(a, b ir.Endpoint) int {
	return cmp.Or(strings.Compare(a.Address, b.Address), cmp.Compare(a.Port, b.Port))
}
