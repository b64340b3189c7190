package main

import "fmt"

// What Fairway aims at, up to 5,000 routes, on an ordinary machine that does nothing else. A miss is said and
// is no error: machines differ.
const (
	aimRoutes = 5000
	// routeAim is the 99th percentile from a route's creation to its first 200, in milliseconds.
	routeAim = 50
	// routeGrowthAim is by how much that may grow from the smallest size to any other.
	routeGrowthAim = 2
	// proxyAim is a proxy's memory in MB.
	proxyAim = 60
	// hubGrowthAim is by how much the hub's processor time for one change of an endpoint may grow from the
	// smallest size to any other: not with the number of routes, but measurements scatter.
	hubGrowthAim = 2
	// attachSeconds is until attachedRoutes is right after many routes at once, and attachWrites is what
	// the writes of the Gateway's status stay below.
	attachSeconds, attachWrites = 2, 100
)

// missed has a line for each aim that a report misses.
func missed(r Report) (lines []string) {
	for _, s := range r.Subjects {
		miss := func(routes int, format string, args ...any) {
			lines = append(lines, fmt.Sprintf("%s misses an aim at %d routes: ", s.Subject, routes)+fmt.Sprintf(format, args...))
		}
		for _, n := range s.Sizes {
			if n.Routes > aimRoutes {
				continue
			}
			least := s.Sizes[0]
			if n.Route.P99 > routeAim {
				miss(n.Routes, "a new route's p99 is %.1f ms, and is to be at most %d", n.Route.P99, routeAim)
			}
			if n.Route.P99 > routeGrowthAim*least.Route.P99 {
				miss(n.Routes, "a new route's p99 is %.1f ms, and is to be at most %d times the %.1f ms at %d routes", n.Route.P99, routeGrowthAim, least.Route.P99, least.Routes)
			}
			if n.ProxyMB > proxyAim {
				miss(n.Routes, "a proxy takes %.0f MB, and is to take at most %d", n.ProxyMB, proxyAim)
			}
			if n.HubCPU > hubGrowthAim*least.HubCPU {
				miss(n.Routes, "the hub takes %.2f ms for a changed endpoint, and is to take at most %d times the %.2f ms at %d routes", n.HubCPU, hubGrowthAim, least.HubCPU, least.Routes)
			}
		}
		if a := s.Attach; a != nil && a.Seconds > attachSeconds {
			miss(a.Routes, "attachedRoutes is right after %.2f s, and is to be within %d", a.Seconds, attachSeconds)
		}
		if a := s.Attach; a != nil && a.Writes >= attachWrites {
			miss(a.Routes, "the Gateway's status is written %d times while routes are attached, and is to be fewer than %d", a.Writes, attachWrites)
		}
	}
	return lines
}

// lost is an error if changes never reached traffic.
func lost(r Report) error {
	routes, endpoints := 0, 0
	for _, s := range r.Subjects {
		for _, n := range s.Sizes {
			routes, endpoints = routes+n.Route.Errors, endpoints+n.Endpoint.Errors
		}
	}
	if routes+endpoints > 0 {
		return fmt.Errorf("%d new routes and %d changed endpoints never reached traffic", routes, endpoints)
	}
	return nil
}
