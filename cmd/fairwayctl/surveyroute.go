package main

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

type routeStatus struct {
	Kind      string   `json:"kind"`
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	Hostnames []string `json:"hostnames,omitempty"`
	// Served is true if any of its rules is.
	Served   bool      `json:"served"`
	Problems []problem `json:"problems,omitempty"`
	// backends are those that it may send requests to.
	backends []poolKey
}

func newRoute(r *gatewayv1.HTTPRoute) routeStatus {
	one := routeStatus{Kind: "HTTPRoute", Namespace: r.Namespace, Name: r.Name}
	for _, h := range r.Spec.Hostnames {
		one.Hostnames = append(one.Hostnames, string(h))
	}
	return one
}

// newRouteStatus is how a route fares at a Gateway, if it names it.
func newRouteStatus(r *gatewayv1.HTTPRoute, at gatewayStatus) (routeStatus, bool) {
	one, named := newRoute(r), false
	for _, ref := range r.Spec.ParentRefs {
		if to, is := gatewayOf(ref, r.Namespace); !is || to.Namespace != at.Namespace || to.Name != at.Name {
			continue
		}
		named = true
		conditions, _ := saidOf(r, ref, domain)
		problems := problemsOf(conditions, r.Generation, at.quiet, string(gatewayv1.RouteConditionAccepted), string(gatewayv1.RouteConditionResolvedRefs))
		partial := meta.FindStatusCondition(conditions, string(gatewayv1.RouteConditionPartiallyInvalid))
		if partial != nil && partial.Status == metav1.ConditionTrue {
			problems = append(problems, problem{partial.Type, partial.Reason, partial.Message})
		}
		if meta.IsStatusConditionTrue(conditions, string(gatewayv1.RouteConditionAccepted)) {
			backends, any := served(r, problems)
			if !any && len(problems) == 0 && len(r.Spec.Rules) > 0 {
				problems = append(problems, problem{Message: "spec.rules: every backend has weight 0, so that requests are answered with 500; give one a weight"})
			}
			listening := slices.ContainsFunc(at.Listeners, func(l listenerStatus) bool { return l.Programmed && l.takes(ref, r, at.Namespace) })
			if !listening {
				problems = append(problems, problem{Message: "no listener that it is attached to is programmed"})
			}
			one.Served = one.Served || any && listening
			one.backends = append(one.backends, backends...)
		}
		one.Problems = more(one.Problems, problems)
	}
	return one, named
}

// saidOf is what a controller whose name begins so says of a route at a parent,
// if any speaks of it.
func saidOf(r *gatewayv1.HTTPRoute, ref gatewayv1.ParentReference, controller string) ([]metav1.Condition, bool) {
	for _, p := range r.Status.Parents {
		if strings.HasPrefix(string(p.ControllerName), controller) && equality.Semantic.DeepEqual(p.ParentRef, ref) {
			return p.Conditions, true
		}
	}
	return nil, false
}

// served gives the backends of a route that get requests by it, and whether any
// rule is served. The problems name the fields of what is refused.
func served(r *gatewayv1.HTTPRoute, problems []problem) (backends []poolKey, any bool) {
	refused := func(condition gatewayv1.RouteConditionType, field string) bool {
		return slices.ContainsFunc(problems, func(p problem) bool {
			return p.Condition == string(condition) && strings.Contains(p.Message, field)
		})
	}
	for i, rule := range r.Spec.Rules {
		field := fmt.Sprintf("spec.rules[%d]", i)
		if refused(gatewayv1.RouteConditionPartiallyInvalid, field) {
			continue
		}
		any = any || len(rule.BackendRefs) == 0
		for j, b := range rule.BackendRefs {
			if refused(gatewayv1.RouteConditionResolvedRefs, fmt.Sprintf("%s.backendRefs[%d].", field, j)) || b.Weight != nil && *b.Weight == 0 {
				continue
			}
			any = true
			k := poolKey{kind: "Service", namespace: r.Namespace, name: string(b.Name)}
			if b.Kind != nil {
				k.kind = string(*b.Kind)
			}
			if b.Namespace != nil {
				k.namespace = string(*b.Namespace)
			}
			backends = append(backends, k)
		}
	}
	return backends, any
}

// takes reports whether a parentRef of a route names the listener of a Gateway
// in namespace, which lets the route in and has a hostname of its. Where labels
// of namespaces decide, it takes for granted that it does: nobody who looks
// needs to read those.
func (l listenerStatus) takes(ref gatewayv1.ParentReference, r *gatewayv1.HTTPRoute, namespace string) bool {
	if ref.SectionName != nil && string(*ref.SectionName) != l.Name || ref.Port != nil && int32(*ref.Port) != l.Port {
		return false
	}
	from := gatewayv1.NamespacesFromSame
	if a := l.allowed; a != nil {
		if len(a.Kinds) > 0 && !slices.ContainsFunc(a.Kinds, func(k gatewayv1.RouteGroupKind) bool { return k.Kind == "HTTPRoute" }) {
			return false
		}
		if a.Namespaces != nil && a.Namespaces.From != nil {
			from = *a.Namespaces.From
		}
	}
	if from == gatewayv1.NamespacesFromNone || from == gatewayv1.NamespacesFromSame && r.Namespace != namespace {
		return false
	}
	hostnames := r.Spec.Hostnames
	return l.Hostname == "" || len(hostnames) == 0 || slices.ContainsFunc(hostnames, func(h gatewayv1.Hostname) bool {
		return hostCovers(l.Hostname, string(h)) || hostCovers(string(h), l.Hostname)
	})
}

// hostCovers reports whether a hostname, maybe with a wildcard, stands for
// another. A wildcard stands for one label or more.
func hostCovers(host, other string) bool {
	host, other = strings.ToLower(host), strings.ToLower(other)
	domain, wild := strings.CutPrefix(host, "*")
	return host == other || wild && strings.HasSuffix(other, domain)
}
