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
	// in is what routes were translated from, in the same order.
	in     []*snapshot.Route
	routes []*translated
	// uses are how many routes name each of the LoadBalancer's pools, attached
	// how many are at each listener.
	uses, attached []int32
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

// Fragment is the name of the route's fragment, should it have one.
func (r *RouteReport) Fragment() string { return "HTTPRoute/" + r.Key.String() }

// ReportOf finds the report of a fragment's route by the fragment's name,
// among sorted ones; nil if there is none.
func ReportOf(sorted []*RouteReport, fragment string) *RouteReport {
	i, found := slices.BinarySearchFunc(sorted, fragment, func(r *RouteReport, name string) int { return strings.Compare(r.Fragment(), name) })
	if !found {
		return nil
	}
	return sorted[i]
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
	r := &Result{capabilities: c, listeners: understandListeners(s, c), in: slices.Clone(s.Routes)}
	if previous == nil || !previous.listeners.sameToRoutes(r.listeners) || !reflect.DeepEqual(previous.capabilities, c) {
		previous = &Result{LoadBalancer: &ir.LoadBalancer{}, Routes: []*RouteReport{}, attached: make([]int32, len(r.listeners.all))}
	}
	r.LoadBalancer = &ir.LoadBalancer{Listeners: r.listeners.wished, Certificates: r.listeners.certificates}
	if r.listeners.served() {
		ask(r.LoadBalancer, s.Gateway)
	}
	r.merge(s.Gateway, previous)
	r.Gateway = []metav1.Condition{r.listeners.accepted}
	r.Until = r.listeners.until
	r.Listeners = r.listeners.reports
	for i := range r.Listeners {
		r.Listeners[i].AttachedRoutes = r.attached[i]
	}
	return r
}

// compareKeys orders routes as their fragments' names do.
func compareKeys(a, b types.NamespacedName) int {
	if a.Namespace == b.Namespace {
		return strings.Compare(a.Name, b.Name)
	}
	return strings.Compare(a.Namespace+"/", b.Namespace+"/")
}
