package translate

import (
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// merge fills in what comes of the routes. What is as it was is previous's own,
// and copied without a look into it: of thousands of routes few have changed.
func (r *Result) merge(gw *gatewayv1.Gateway, previous *Result) {
	head, tail := plan.Common(previous.in, r.in, func(a, b *snapshot.Route) bool { return a == b })
	end, lb := len(previous.in)-tail, previous.LoadBalancer
	now, gone, come := r.translateRoutes(gw, previous.routes[head:end], r.in[head:len(r.in)-tail])
	if len(gone) == 0 && len(come) == 0 {
		r.routes, r.Routes, r.LoadBalancer.Routes = previous.routes, previous.Routes, lb.Routes
	} else {
		reports, fragments := parts(now)
		r.routes = splice(previous.routes, head, end, now)
		r.Routes = splice(previous.Routes, head, end, reports)
		r.LoadBalancer.Routes = splice(lb.Routes, previous.fragmentsBefore(head), previous.fragmentsBefore(end), fragments)
	}
	r.Translated = len(come)
	r.LoadBalancer.Pools, r.uses = mergePools(lb.Pools, previous.uses, gone, come)
	r.attached = countAttached(previous.attached, gone, come)
}

// translateRoutes translates sorted routes, but for those that are among before
// with the same inputs. It says which of before went and which came.
func (r *Result) translateRoutes(gw *gatewayv1.Gateway, before []*translated, routes []*snapshot.Route) (now, gone, come []*translated) {
	now = make([]*translated, len(routes))
	for i, in := range routes {
		for len(before) > 0 && before[0].in != in && compareKeys(before[0].in.Key, in.Key) <= 0 {
			gone, before = append(gone, before[0]), before[1:]
		}
		if len(before) > 0 && before[0].in == in {
			now[i], before = before[0], before[1:]
			continue
		}
		now[i] = route(in, gw, r.listeners, r.capabilities)
		come = append(come, now[i])
	}
	return now, append(gone, before...), come
}

// parts are the reports and the fragments of routes.
func parts(routes []*translated) (reports []*RouteReport, fragments []*ir.Route) {
	for _, t := range routes {
		reports = append(reports, t.report)
		if t.fragment != nil {
			fragments = append(fragments, t.fragment)
		}
	}
	return reports, fragments
}

// fragmentsBefore is how many fragments come of the routes before the i-th.
func (r *Result) fragmentsBefore(i int) int {
	if i == len(r.routes) {
		return len(r.LoadBalancer.Routes)
	}
	n, _ := slices.BinarySearchFunc(r.LoadBalancer.Routes, r.routes[i].report.Fragment(), func(f *ir.Route, name string) int { return strings.Compare(f.Name, name) })
	return n
}

// splice is a copy of all with now in the place of what is from head to end.
func splice[T any](all []T, head, end int, now []T) []T {
	out := make([]T, 0, len(all)-(end-head)+len(now))
	return append(append(append(out, all[:head]...), now...), all[end:]...)
}

// countAttached counts the routes at each listener.
func countAttached(previous []int32, gone, come []*translated) []int32 {
	counts := slices.Clone(previous)
	for _, t := range gone {
		for _, i := range t.attached {
			counts[i]--
		}
	}
	for _, t := range come {
		for _, i := range t.attached {
			counts[i]++
		}
	}
	return counts
}
