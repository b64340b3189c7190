package gateway

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/placement"
)

// Whatever pools come and go, those and only those that the Gateway uses now are found by their
// services.
func TestPoolsAreFoundByTheirServices(t *testing.T) {
	const services, ports = 4, 3
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	one := &site{}
	one.ref.Namespace, one.ref.Name = webKey.Namespace, webKey.Name
	s := &state{sites: map[placement.Placement]*site{{}: one}}
	c := &Controller{gateways: map[gather.Key]*state{webKey: s}}
	for round := range 500 {
		var pools []ir.BackendPool
		for i := range services {
			service := ir.Service{Kind: "ServiceImport", Namespace: "n", Name: "s" + strconv.Itoa(i)}
			for port := uint16(1); port <= ports; port++ {
				if random.IntN(2) == 0 {
					pools = append(pools, ir.BackendPool{Name: ir.PoolName(service, port), Service: service, Port: port})
				}
			}
		}
		c.watchPools(s, pools)
		for i := range services {
			service := ir.Service{Kind: "ServiceImport", Namespace: "n", Name: "s" + strconv.Itoa(i)}
			var got, want []string
			for _, u := range c.users(service) {
				got = append(got, u.pool)
				if is, _ := c.used(u); !is {
					t.Fatalf("seed %d, round %d: %s is in use and is not", seed, round, u.pool)
				}
			}
			for _, p := range pools {
				if p.Service == service {
					want = append(want, p.Name)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, round %d: %s is in %v, want %v", seed, round, service.Name, got, want)
			}
		}
	}
}
