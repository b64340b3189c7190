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
	routes := routeRefusals{lb: lb, reports: reports, rules: map[string][]string{}, refs: map[string][]string{}, out: out.Routes}
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
	lb      *ir.LoadBalancer
	reports []*translate.RouteReport
	rules   map[string][]string
	refs    map[string][]string
	out     map[string]RouteRefusal
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
		refusal.Whole = first([]string{message})[0]
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
	if report := translate.ReportOf(r.reports, name); report != nil && index < len(report.Rules) {
		place = report.Rules[index]
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
		r.refs[route.Name] = append(r.refs[route.Name], fmt.Sprintf("backend %s: %s", name, message))
	}
}

// finish puts together what was gathered, and says of each route with refused
// rules whether any rule is left.
func (r *routeRefusals) finish() {
	for name, messages := range r.refs {
		refusal := r.out[name]
		refusal.Refs = strings.Join(first(messages), "; ")
		r.out[name] = refusal
	}
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

// first keeps a message readable, and short enough for a condition (32,768
// bytes), where many objects are refused or a provider says much.
func first(messages []string) []string {
	const most, longest = 5, 2000
	var kept []string
	for _, m := range messages[:min(len(messages), most)] {
		if len(m) > longest {
			m = strings.ToValidUTF8(m[:longest], "") + "..."
		}
		kept = append(kept, m)
	}
	if len(messages) > most {
		kept = append(kept, fmt.Sprintf("and %d more", len(messages)-most))
	}
	return kept
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}
