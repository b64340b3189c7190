package main

import (
	"maps"
	"slices"
	"strings"

	discoveryv1 "k8s.io/api/discovery/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// clusterCount is how many endpoints a cluster has in a pool, and how many of
// them are ready. An empty name is the hub.
type clusterCount struct {
	Cluster string `json:"cluster"`
	Ready   int    `json:"ready"`
	Total   int    `json:"total"`
}

// counted is what counts as one endpoint: a pod, whatever addresses it has, or
// an address of which no pod is known.
type counted struct{ cluster, uid, address string }

// countClusters counts each endpoint once: it is in a slice for each of its
// families, and while slices change in two of one.
func countClusters(all []discoveryv1.EndpointSlice) []clusterCount {
	ready := map[counted]bool{}
	for _, s := range all {
		cluster := s.Labels[mcsv1beta1.LabelSourceCluster]
		for _, e := range s.Endpoints {
			for _, address := range e.Addresses {
				one := counted{cluster: cluster, address: address}
				if e.TargetRef != nil && e.TargetRef.UID != "" {
					one = counted{cluster: cluster, uid: string(e.TargetRef.UID)}
				}
				ready[one] = ready[one] || e.Conditions.Ready == nil || *e.Conditions.Ready
			}
		}
	}
	counts := map[string]clusterCount{}
	for one, is := range ready {
		c := counts[one.cluster]
		c.Cluster, c.Total = one.cluster, c.Total+1
		if is {
			c.Ready++
		}
		counts[one.cluster] = c
	}
	return slices.SortedFunc(maps.Values(counts), func(a, b clusterCount) int { return strings.Compare(a.Cluster, b.Cluster) })
}
