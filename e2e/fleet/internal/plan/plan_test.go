package plan

import (
	"net/netip"
	"testing"
)

func TestRangesDoNotOverlap(t *testing.T) {
	var taken []netip.Prefix
	for index := range MaxClusters {
		c := For(index)
		for _, p := range []netip.Prefix{c.Nodes, c.Pods, c.Services, c.LoadBalancers} {
			if p != p.Masked() {
				t.Errorf("cluster %d: %s is not the start of its range", index, p)
			}
			for _, other := range taken {
				if p.Overlaps(other) {
					t.Errorf("cluster %d: %s overlaps %s", index, p, other)
				}
			}
			if p.Contains(FleetAddress) {
				t.Errorf("cluster %d: %s holds the fleet's address", index, p)
			}
			taken = append(taken, p)
		}
	}
}

func TestAddresses(t *testing.T) {
	c := For(2)
	for what, got := range map[string][2]string{
		"API server":         {c.APIServer().String(), "10.194.0.1:6443"},
		"second node":        {c.Node(2).String(), "10.194.0.12"},
		"kubernetes Service": {c.KubernetesService().String(), "10.130.0.1"},
		"DNS":                {c.DNS().String(), "10.130.0.10"},
		"pods":               {c.Pods.String(), "10.66.0.0/16"},
		"load balancers":     {c.LoadBalancers.String(), "198.18.32.0/20"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: got %s, want %s", what, got[0], got[1])
		}
	}
}
