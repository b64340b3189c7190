package status

import "fairway.dev/fairway/providers/ir"

// notGiven is the first address that the Gateway asks for and the load
// balancer does not have; empty if there is none.
func notGiven(seen Seen) string {
	given := map[ir.Address]bool{}
	for _, a := range seen.Observation.Addresses {
		given[a] = true
	}
	for _, a := range seen.Result.LoadBalancer.Addresses {
		if a.Value != "" && a.Type != ir.NamedAddress && !given[a] {
			return a.Value
		}
	}
	return ""
}
