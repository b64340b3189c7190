package stream

import (
	"fmt"
	"strings"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// Change is the difference between two configurations of a load balancer.
type Change struct {
	// These are new or have other content.
	Certificates []ir.Certificate
	Listeners    []ir.Listener
	Routes       []*ir.Route
	Pools        []ir.BackendPool
	// These are the names of what is no longer there.
	GoneCertificates, GoneListeners, GoneRoutes, GonePools []string
}

// Diff says what leads from one configuration to another. A nil configuration
// is an empty one. A route that is the same pointer in both is not looked at.
func Diff(from, to *ir.LoadBalancer) Change {
	if from == nil {
		from = &ir.LoadBalancer{}
	}
	if to == nil {
		to = &ir.LoadBalancer{}
	}
	var c Change
	c.Certificates, c.GoneCertificates = walk(from.Certificates, to.Certificates,
		func(c ir.Certificate) string { return c.Name }, sameCertificate)
	c.Listeners, c.GoneListeners = walk(from.Listeners, to.Listeners,
		func(l ir.Listener) string { return l.Name }, ir.Equal[ir.Listener])
	// There may be thousands of these, of which few have changed.
	oldRoutes, newRoutes := plan.Differing(from.Routes, to.Routes, func(a, b *ir.Route) bool { return a == b })
	c.Routes, c.GoneRoutes = walk(oldRoutes, newRoutes,
		func(r *ir.Route) string { return r.Name }, func(a, b *ir.Route) bool { return a == b || ir.Equal(a, b) })
	oldPools, newPools := plan.Differing(from.Pools, to.Pools, samePool)
	c.Pools, c.GonePools = walk(oldPools, newPools, func(p ir.BackendPool) string { return p.Name }, samePool)
	return c
}

// sameCertificate compares what proxies are sent.
func sameCertificate(a, b ir.Certificate) bool {
	return a.Chain == b.Chain && a.Key.String() == b.Key.String()
}

func samePool(a, b ir.BackendPool) bool { return a.Name == b.Name }

// Empty reports whether there is no difference.
func (c Change) Empty() bool { return c.String() == "" }

// String is a short sum: "1 listener, 2 routes, 1 route fewer".
func (c Change) String() string {
	var parts []string
	count := func(n int, noun, tail string) {
		switch {
		case n == 1:
			parts = append(parts, "1 "+noun+tail)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss%s", n, noun, tail))
		}
	}
	count(len(c.Certificates), "certificate", "")
	count(len(c.Listeners), "listener", "")
	count(len(c.Routes), "route", "")
	count(len(c.Pools), "pool", "")
	count(len(c.GoneCertificates), "certificate", " fewer")
	count(len(c.GoneListeners), "listener", " fewer")
	count(len(c.GoneRoutes), "route", " fewer")
	count(len(c.GonePools), "pool", " fewer")
	return strings.Join(parts, ", ")
}

// walk goes through two slices sorted by name, side by side.
func walk[T any](from, to []T, name func(T) string, same func(a, b T) bool) (came []T, gone []string) {
	i := 0
	for _, t := range to {
		for i < len(from) && name(from[i]) < name(t) {
			gone = append(gone, name(from[i]))
			i++
		}
		if i < len(from) && name(from[i]) == name(t) {
			if !same(from[i], t) {
				came = append(came, t)
			}
			i++
			continue
		}
		came = append(came, t)
	}
	for ; i < len(from); i++ {
		gone = append(gone, name(from[i]))
	}
	return came, gone
}
