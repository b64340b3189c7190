package preview

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers/plan"
)

// Preview is what would come of files.
type Preview struct {
	// Gateways are those of which the files ask something else, sorted by
	// namespace and name.
	Gateways []Gateway `json:"gateways"`
	// Problems are those of objects that are no single Gateway's: of its
	// GatewayClasses.
	Problems []Problem `json:"problems,omitempty"`
	// Notes say what else there is to know of the files.
	Notes []string `json:"notes,omitempty"`
}

// Gateway is what would come of one Gateway.
type Gateway struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Class     string `json:"class"`
	// New is true for one that is not there yet.
	New bool `json:"new,omitempty"`
	// Served says what it would be served by.
	Served Served `json:"served"`
	// Steps are what its provider would do, in order.
	Steps []plan.Step `json:"steps,omitempty"`
	// Verdicts are the provider's on what is not simply served by the load
	// balancer itself.
	Verdicts []Verdict `json:"verdicts,omitempty"`
	// Problems are what would not be served as it is written.
	Problems []Problem `json:"problems,omitempty"`
}

// Served is what a Gateway is served by.
type Served string

// What a Gateway may be served by.
const (
	// AsWritten: by what is written, but for the problems.
	AsWritten Served = "AsWritten"
	// LastGood: what is written is not accepted, and what of that was last
	// accepted stays; the rest goes on.
	LastGood Served = "LastGood"
	// Nothing: it is not accepted and never was. Nothing is done about it.
	Nothing Served = "Nothing"
	// Removed: it is not ours any more, and what there is of it goes.
	Removed Served = "Removed"
)

// Verdict is a provider's.
type Verdict struct {
	plan.Verdict
	// Already is true where it is so without the files.
	Already bool `json:"already,omitempty"`
}

// Problem is one condition that would not be good.
type Problem struct {
	// Object names whose status would say it: "HTTPRoute/shop/cart".
	Object    string `json:"object"`
	Condition string `json:"condition"`
	Reason    string `json:"reason"`
	Message   string `json:"message"`
	// Already is true where it is so without the files.
	Already bool `json:"already,omitempty"`
}

// Changes reports whether anything would change.
func (p *Preview) Changes() bool {
	return slices.ContainsFunc(p.Gateways, func(g Gateway) bool { return g.New || len(g.Steps) > 0 })
}

// Refuses reports whether anything would be refused that is not already.
func (p *Preview) Refuses() bool {
	problem := func(p Problem) bool { return !p.Already }
	verdict := func(v Verdict) bool { return v.Service == plan.Refused && !v.Already }
	return slices.ContainsFunc(p.Problems, problem) || slices.ContainsFunc(p.Gateways, func(g Gateway) bool {
		return slices.ContainsFunc(g.Problems, problem) || slices.ContainsFunc(g.Verdicts, verdict)
	})
}

// show is the Gateway for people, compared with what it was.
func (o *one) show(was *one) Gateway {
	g := Gateway{
		Namespace: o.gw.Namespace, Name: o.gw.Name, Class: string(o.gw.Spec.GatewayClassName), New: was == nil,
		Served: o.served(), Steps: o.steps, Problems: o.problems(),
	}
	for _, v := range o.verdicts {
		g.Verdicts = append(g.Verdicts, Verdict{v, was != nil && slices.Contains(was.verdicts, v)})
	}
	if was != nil {
		known := was.problems()
		for i := range g.Problems {
			g.Problems[i].Already = slices.Contains(known, g.Problems[i])
		}
	}
	return g
}

// served is what the Gateway would be served by.
func (o *one) served() Served {
	switch {
	case o.Foreign:
		return Removed
	case o.Accepted().Status == metav1.ConditionTrue:
		return AsWritten
	case len(o.Places) > 0:
		return LastGood
	}
	return Nothing
}

// differs reports whether there is anything to say of it.
func (g Gateway) differs(was, now *one) bool {
	return was == nil || len(g.Steps) > 0 || g.Served != was.served() || !same(was, now) || !slices.Equal(was.problems(), now.problems()) ||
		slices.ContainsFunc(g.Verdicts, func(v Verdict) bool { return !v.Already })
}

// problems are the conditions that are not good.
func (o *one) problems() []Problem {
	var all []Problem
	add := func(object string, conditions ...metav1.Condition) {
		for _, c := range conditions {
			if bad(c) {
				if p := problem(object, c); !slices.Contains(all, p) {
					all = append(all, p)
				}
			}
		}
	}
	name := "Gateway/" + o.gw.Namespace + "/" + o.gw.Name
	if c := o.Accepted(); c.Type != "" {
		add(name, c)
	}
	if o.Result == nil {
		return all
	}
	for _, l := range o.Result.Listeners {
		add(fmt.Sprintf("%s/listener/%s", name, l.Name), l.Conditions...)
	}
	for _, r := range o.Served.Routes {
		for _, parent := range r.Parents {
			add("HTTPRoute/"+r.Key.String(), parent.Conditions...)
		}
	}
	return all
}

func problem(object string, c metav1.Condition) Problem {
	return Problem{Object: object, Condition: c.Type, Reason: c.Reason, Message: c.Message}
}

// bad tells conditions that are good when True from those that are not.
func bad(c metav1.Condition) bool {
	switch c.Type {
	case string(gatewayv1.ListenerConditionConflicted), string(gatewayv1.RouteConditionPartiallyInvalid), string(gatewayv1.ListenerConditionOverlappingTLSConfig):
		return c.Status == metav1.ConditionTrue
	}
	return c.Status != metav1.ConditionTrue
}
