// Package translate turns a snapshot into what is asked of a provider, and a
// report of what was understood. It is pure and cannot fail: bad input becomes
// a report entry, and everything else goes on.
//
// It works a route at a time. A route whose inputs are the same pointers as in
// the previous Result keeps its fragment and its report, as long as the
// listeners mean the same to routes: a certificate that is renewed has no route
// translated anew.
package translate

import (
	"reflect"
	"slices"
	"strings"
	"time"

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
	// Until is when to look again although nothing says so: a certificate ends
	// then, or a Secret that could not be read may be. Zero if never.
	Until time.Time

	capabilities providers.Capabilities
	listeners    *listeners
	routes       []translated
}

// ListenerReport is what was understood of one listener.
type ListenerReport struct {
	Name           gatewayv1.SectionName
	SupportedKinds []gatewayv1.RouteGroupKind
	AttachedRoutes int32
	// Valid is false when the listener is not part of the LoadBalancer.
	Valid bool
	// Conditions are Accepted, Conflicted and ResolvedRefs, and
	// OverlappingTLSConfig where it is so.
	Conditions []metav1.Condition
}

// RouteReport is what was understood of one route at one Gateway.
type RouteReport struct {
	Key        types.NamespacedName
	Generation int64
	// Parents has an entry for each parentRef that names the Gateway.
	Parents []ParentReport
	// Rules are the places that the fragment's rules have in the route's
	// specification: some of those may not be in the fragment.
	Rules []int
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
	r := &Result{capabilities: c, listeners: understandListeners(s, c)}
	r.routes = make([]translated, len(s.Routes))
	r.Routes = make([]*RouteReport, len(s.Routes))
	var old []translated
	if previous != nil && previous.listeners.sameToRoutes(r.listeners) && reflect.DeepEqual(previous.capabilities, c) {
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
	// What is left over is gone, and its pools may be.
	r.merge(s.Gateway, previous, samePools && len(old) == 0)
	return r
}

// merge puts the fragments together.
func (r *Result) merge(gw *gatewayv1.Gateway, previous *Result, samePools bool) {
	lb := &ir.LoadBalancer{Listeners: r.listeners.wished, Certificates: r.listeners.certificates}
	lb.Routes = make([]*ir.Route, 0, len(r.routes))
	if r.listeners.served() {
		ask(lb, gw)
	}
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
	r.Gateway = []metav1.Condition{r.listeners.accepted}
	r.Until = r.listeners.until
	r.Listeners = r.listeners.reports
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
	if a.Namespace == b.Namespace {
		return strings.Compare(a.Name, b.Name)
	}
	return strings.Compare(a.Namespace+"/", b.Namespace+"/")
}
