// Package translate turns a snapshot into what is asked of a provider, and a
// report of what was understood. It is pure and cannot fail: bad input becomes
// a report entry, and everything else goes on.
//
// It works a route at a time. A route whose inputs and listeners are the same
// pointers as in the previous Result keeps its fragment and its report.
package translate

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// Result is the meaning of one snapshot.
type Result struct {
	// LoadBalancer is asked of the provider.
	LoadBalancer *ir.LoadBalancer
	// Gateway holds the Gateway's own conditions: Accepted.
	Gateway []metav1.Condition
	// Listeners are in the order of the Gateway's specification.
	Listeners []ListenerReport
	// Routes are sorted by Key. An unchanged report is the same pointer as in
	// the previous Result.
	Routes []*RouteReport
	// Translated is how many routes were translated anew.
	Translated int

	listeners *listeners
	routes    []translated
}

// ListenerReport is what was understood of one listener.
type ListenerReport struct {
	Name           gatewayv1.SectionName
	SupportedKinds []gatewayv1.RouteGroupKind
	AttachedRoutes int32
	// Valid is false when the listener is not part of the LoadBalancer.
	Valid bool
	// Conditions are Accepted, Conflicted and ResolvedRefs.
	Conditions []metav1.Condition
}

// RouteReport is what was understood of one route at one Gateway.
type RouteReport struct {
	Key        types.NamespacedName
	Generation int64
	// Parents has an entry for each parentRef that names the Gateway.
	Parents []ParentReport
}

// ParentReport is what was understood of one parentRef.
type ParentReport struct {
	Ref        gatewayv1.ParentReference
	Conditions []metav1.Condition
}

// translated is one route's part of a Result.
type translated struct {
	in       *snapshot.Route
	fragment *ir.Route // nil when it is attached nowhere
	pools    []ir.BackendPool
	attached []int // indexes of listeners
	report   *RouteReport
}

// Gateway translates a snapshot. previous is the Result of the same Gateway's
// last snapshot, or nil; it is not changed.
func Gateway(s *snapshot.Gateway, c providers.Capabilities, previous *Result) *Result {
	r := &Result{listeners: understandListeners(s.Gateway, c)}
	if previous != nil && previous.listeners.same(s.Gateway) {
		r.listeners = previous.listeners
	}
	r.routes = make([]translated, len(s.Routes))
	r.Routes = make([]*RouteReport, len(s.Routes))
	var old []translated
	if previous != nil && previous.listeners == r.listeners {
		old = previous.routes
	}
	samePools := previous != nil && len(old) == len(s.Routes)
	for i, in := range s.Routes {
		for len(old) > 0 && compareKeys(old[0].in.Key, in.Key) < 0 {
			old, samePools = old[1:], false
		}
		before := translated{}
		if len(old) > 0 && old[0].in.Key == in.Key {
			before, old = old[0], old[1:]
		}
		if before.in == in {
			r.routes[i] = before
		} else {
			r.routes[i] = route(in, s.Gateway, r.listeners, c)
			r.Translated++
			samePools = samePools && slices.EqualFunc(before.pools, r.routes[i].pools, samePool)
		}
		r.Routes[i] = r.routes[i].report
	}
	r.merge(previous, samePools)
	return r
}

// merge puts the fragments together.
func (r *Result) merge(previous *Result, samePools bool) {
	lb := &ir.LoadBalancer{Listeners: r.listeners.wished}
	counts := make([]int32, len(r.listeners.all))
	for _, t := range r.routes {
		if t.fragment != nil {
			lb.Routes = append(lb.Routes, t.fragment)
		}
		for _, i := range t.attached {
			counts[i]++
		}
	}
	if samePools {
		lb.Pools = previous.LoadBalancer.Pools
	} else {
		lb.Pools = r.pools()
	}
	r.LoadBalancer = lb
	r.Gateway = r.listeners.gateway
	r.Listeners = slices.Clone(r.listeners.reports)
	for i := range r.Listeners {
		r.Listeners[i].AttachedRoutes = counts[i]
	}
}

// pools are the pools that any fragment names, sorted by name.
func (r *Result) pools() []ir.BackendPool {
	seen := map[string]bool{}
	var all []ir.BackendPool
	for _, t := range r.routes {
		for _, p := range t.pools {
			if !seen[p.Name] {
				seen[p.Name] = true
				all = append(all, p)
			}
		}
	}
	slices.SortFunc(all, func(a, b ir.BackendPool) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// samePool compares by name, which says everything of a pool.
func samePool(a, b ir.BackendPool) bool { return a.Name == b.Name }

// compareKeys orders routes as their fragments' names do.
func compareKeys(a, b types.NamespacedName) int {
	return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
}
