package providertest

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"fairway.dev/fairway/providers/ir"
)

// source is what the clusters know about their endpoints.
type source struct {
	mu    sync.Mutex
	pools map[string]map[string]ir.ClusterEndpoints
	// last are the endpoints that each was last known to have: where they are
	// is not forgotten when a cluster falls silent.
	last map[string]map[string]ir.ClusterEndpoints
}

func newSource() *source {
	return &source{pools: map[string]map[string]ir.ClusterEndpoints{}, last: map[string]map[string]ir.ClusterEndpoints{}}
}

// Endpoints implements providers.EndpointSource.
func (s *source) Endpoints(pool string) []ir.ClusterEndpoints {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(maps.Values(s.pools[pool]), func(a, b ir.ClusterEndpoints) int {
		return strings.Compare(a.Cluster, b.Cluster)
	})
}

// set is what a cluster says from now on.
func (s *source) set(pool string, e ir.ClusterEndpoints) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pools[pool] == nil {
		s.pools[pool] = map[string]ir.ClusterEndpoints{}
		s.last[pool] = map[string]ir.ClusterEndpoints{}
	}
	s.pools[pool][e.Cluster] = e
	if e.Known {
		s.last[pool][e.Cluster] = e
	}
}

// localities are where a pool's endpoints are.
func (s *source) localities(pool string) []ir.Locality {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []ir.Locality
	for _, c := range s.last[pool] {
		for _, e := range c.Endpoints {
			all = append(all, e.Locality(c.Cluster))
		}
	}
	slices.SortFunc(all, func(a, b ir.Locality) int {
		return cmp.Or(strings.Compare(a.Cluster, b.Cluster), strings.Compare(a.Region, b.Region),
			strings.Compare(a.Zone, b.Zone), strings.Compare(a.Network, b.Network))
	})
	return slices.Compact(all)
}

// The clusters of the kit. The hub's own has no name.
const (
	east = "east"
	west = "west"
)

// endpoint makes up a pod: the n-th of a pool in a cluster, in a zone of it.
func (w *world) endpoint(pool, cluster string, n int, zone string) ir.Endpoint {
	second := 1 + slices.Index(poolNames, pool)
	third := 1 + slices.Index([]string{"", east, west}, cluster)
	e := ir.Endpoint{
		Address: fmt.Sprintf("10.%d.%d.%d", second, third, n), Port: 8080,
		Region: cmp.Or(cluster, "hub"), Zone: cmp.Or(cluster, "hub") + "-" + zone,
		Node: fmt.Sprintf("node-%s-%s", cmp.Or(cluster, "hub"), zone), Serving: true,
	}
	if pool == poolOf("mail") {
		e.Address = fmt.Sprintf("fd00:%d::%d", third, n)
	}
	if w.samples.Endpoint != nil {
		e = w.samples.Endpoint(cluster, e)
	}
	return e
}

// populate gives every pool endpoints in two clusters.
func (w *world) populate() {
	for _, pool := range poolNames {
		w.source.set(pool, ir.ClusterEndpoints{Cluster: east, Known: true, Endpoints: []ir.Endpoint{
			w.endpoint(pool, east, 1, "a"), w.endpoint(pool, east, 2, "a"), w.endpoint(pool, east, 3, "b"),
		}})
		w.source.set(pool, ir.ClusterEndpoints{Cluster: west, Known: true, Endpoints: []ir.Endpoint{w.endpoint(pool, west, 1, "a")}})
	}
}

// addresses are endpoints as a world shows them.
func addresses(clusters []ir.ClusterEndpoints) []string {
	var all []string
	for _, c := range clusters {
		for _, e := range c.Endpoints {
			all = append(all, address(e))
		}
	}
	slices.Sort(all)
	return all
}

func address(e ir.Endpoint) string {
	a, err := netip.ParseAddr(e.Address)
	if err != nil {
		return e.Address
	}
	return netip.AddrPortFrom(a, e.Port).String()
}
