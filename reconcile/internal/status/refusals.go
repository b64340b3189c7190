package status

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// Refusal is why a wished object is not served as it is wished: Reason is a
// CamelCase word, Message names what is at fault and the remedy.
type Refusal struct{ Reason, Message string }

// Refusals are what a provider does not serve of a LoadBalancer, sorted by the
// objects of the Gateway API whose statuses say it.
type Refusals struct {
	// Listeners and Certificates are by their names in the LoadBalancer.
	Listeners, Certificates map[string]Refusal
	// Routes are by Route.Name.
	Routes map[string]RouteRefusal
}

// RouteRefusal is what is refused of one route. Each is a message, or empty.
type RouteRefusal struct {
	// Whole is why none of it is served, Rules why some of its rules are not.
	Whole, Rules string
	// Refs is what is wrong with its backends.
	Refs string
}

// Refused sorts verdicts, and the wished objects that a failed step was to
// serve, by whose status says it. What is not wished for is left out. reports
// are those of the LoadBalancer's routes.
func Refused(lb *ir.LoadBalancer, reports []*translate.RouteReport, verdicts []plan.Verdict, failed map[plan.Subject]Refusal) Refusals {
	all := maps.Clone(failed)
	if all == nil {
		all = map[plan.Subject]Refusal{}
	}
	for _, v := range verdicts {
		if v.Service == plan.Refused {
			all[v.Subject] = Refusal{v.Reason, v.Message}
		}
	}
	out := Refusals{Listeners: map[string]Refusal{}, Certificates: map[string]Refusal{}, Routes: map[string]RouteRefusal{}}
	if len(all) == 0 {
		return out
	}
	routes := routeRefusals{lb: lb, places: map[string][]int{}, rules: map[string][]string{}, out: out.Routes}
	for _, r := range reports {
		routes.places["HTTPRoute/"+r.Key.String()] = r.Rules
	}
	for _, subject := range slices.Sorted(maps.Keys(all)) {
		refusal := all[subject]
		switch sort, name, index := subject.Split(); sort {
		case "listener":
			out.Listeners[name] = refusal
		case "certificate":
			out.Certificates[name] = refusal
		case "route":
			routes.whole(name, refusal.Message)
		case "rule":
			routes.rule(name, index, refusal.Message)
		case "pool":
			routes.pool(name, refusal.Message)
		}
	}
	routes.finish()
	return out
}

// routeRefusals gathers what is refused of each route.
type routeRefusals struct {
	lb     *ir.LoadBalancer
	places map[string][]int
	rules  map[string][]string
	out    map[string]RouteRefusal
}

func (r *routeRefusals) route(name string) *ir.Route {
	i, found := slices.BinarySearchFunc(r.lb.Routes, name, func(route *ir.Route, name string) int { return strings.Compare(route.Name, name) })
	if !found {
		return nil
	}
	return r.lb.Routes[i]
}

func (r *routeRefusals) whole(name, message string) {
	if r.route(name) != nil {
		refusal := r.out[name]
		refusal.Whole = message
		r.out[name] = refusal
	}
}

// rule names the rule by its place in the route's specification.
func (r *routeRefusals) rule(name string, index int, message string) {
	route := r.route(name)
	if route == nil || index < 0 || index >= len(route.Rules) {
		return
	}
	place := index
	if places := r.places[name]; index < len(places) {
		place = places[index]
	}
	r.rules[name] = append(r.rules[name], fmt.Sprintf("spec.rules[%d]: %s", place, message))
}

// pool blames every route that sends traffic to the pool.
func (r *routeRefusals) pool(name, message string) {
	for _, route := range r.lb.Routes {
		uses := slices.ContainsFunc(route.Rules, func(rule ir.Rule) bool {
			return slices.ContainsFunc(rule.Backends, func(b ir.Backend) bool { return b.Pool == name })
		})
		if !uses {
			continue
		}
		refusal := r.out[route.Name]
		refusal.Refs = join(refusal.Refs, fmt.Sprintf("backend %s: %s", name, message))
		r.out[route.Name] = refusal
	}
}

// finish says of each route with refused rules whether any rule is left.
func (r *routeRefusals) finish() {
	for name, messages := range r.rules {
		refusal := r.out[name]
		said := strings.Join(first(messages), "; ")
		if len(messages) == len(r.route(name).Rules) {
			refusal.Whole = join(refusal.Whole, said)
		} else {
			refusal.Rules = "Dropped Rule: " + said
		}
		r.out[name] = refusal
	}
}

// first keeps a message readable where many rules are refused.
func first(messages []string) []string {
	const most = 5
	if len(messages) <= most {
		return messages
	}
	return append(slices.Clone(messages[:most]), fmt.Sprintf("and %d more", len(messages)-most))
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
