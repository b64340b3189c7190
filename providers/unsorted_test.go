package providers

import (
	"fmt"
	"testing"

	"fairway.dev/fairway/providers/ir"
)

func TestSortGivesEndpointsBackToTheirClusters(t *testing.T) {
	at := func(addresses ...string) []ir.Endpoint {
		var all []ir.Endpoint
		for _, a := range addresses {
			all = append(all, ir.Endpoint{Address: a, Port: 80})
		}
		return all
	}
	source := func(westKnown bool) []ir.ClusterEndpoints {
		return []ir.ClusterEndpoints{{Cluster: "east", Known: true, Endpoints: at("10.0.0.1", "10.0.0.2")}, {Cluster: "west", Known: westKnown}}
	}
	held := PoolObservation{
		Clusters: []ir.ClusterEndpoints{{Cluster: "east", Known: true, Endpoints: at("10.0.0.2")}},
		Unsorted: at("10.0.0.1", "10.0.0.9"),
	}
	for name, c := range map[string]struct {
		source                   []ir.ClusterEndpoints
		east, unsorted, original []ir.Endpoint
	}{
		"all known":   {source(true), at("10.0.0.1", "10.0.0.2", "10.0.0.9"), nil, at("10.0.0.2")},
		"one silent":  {source(false), at("10.0.0.1", "10.0.0.2"), at("10.0.0.9"), at("10.0.0.2")},
		"no clusters": {nil, at("10.0.0.2"), at("10.0.0.1", "10.0.0.9"), at("10.0.0.2")},
	} {
		got := held.Sort(c.source)
		if len(got.Clusters) != 1 || fmt.Sprint(got.Clusters[0].Endpoints) != fmt.Sprint(c.east) || fmt.Sprint(got.Unsorted) != fmt.Sprint(c.unsorted) {
			t.Errorf("%s: got %+v", name, got)
		}
		if fmt.Sprint(held.Clusters[0].Endpoints) != fmt.Sprint(c.original) {
			t.Errorf("%s: the observation itself was changed: %+v", name, held)
		}
	}
}
