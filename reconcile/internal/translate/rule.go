package translate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/conditions"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// rules is what a route's rules mean, whatever they are attached to.
type rules struct {
	rules    []ir.Rule
	places   []int            // of each of rules in the route's specification
	pools    []ir.BackendPool // sorted, unique
	resolved metav1.Condition
	// partial is set when some rules are not served as written, broken when
	// none is.
	partial, broken *metav1.Condition
}

func translateRules(in *snapshot.Route, c providers.Capabilities) rules {
	out := rules{resolved: conditions.RouteResolvedRefs()}
	b := backends{in: in}
	var dropped, refused []string
	for i := range in.Route.Spec.Rules {
		spec := &in.Route.Spec.Rules[i]
		field := fmt.Sprintf("spec.rules[%d]", i)
		rule := ir.Rule{}
		if spec.Name != nil {
			rule.Name = string(*spec.Name)
		}
		var err error
		if rule.Matches, err = matches(spec.Matches, field, c); err != nil {
			dropped = append(dropped, err.Error())
			continue
		}
		if rule.Filters, err = ruleFilters(spec, field, rule.Matches, c); err != nil {
			// What a filter would have touched must not pass untouched: the
			// rule stays, without backends, and answers 500.
			refused = append(refused, err.Error())
			out.rules, out.places = append(out.rules, rule), append(out.places, i)
			continue
		}
		if rule.Backends, err = b.translate(spec.BackendRefs, field, rule.Matches, c); err != nil {
			refused = append(refused, err.Error())
		}
		out.rules, out.places = append(out.rules, rule), append(out.places, i)
	}
	out.pools = b.sorted()
	if len(b.failures) > 0 {
		out.resolved = conditions.RouteUnresolvedRefs(b.reason, list(b.failures))
	}
	if n := len(dropped) + len(refused); n == len(in.Route.Spec.Rules) && n > 0 {
		broken := conditions.RouteNotAccepted(gatewayv1.RouteReasonUnsupportedValue, unserved(dropped, refused))
		out.broken = &broken
	} else if n > 0 {
		partial := conditions.RoutePartiallyInvalid(unserved(dropped, refused))
		out.partial = &partial
	}
	return out
}

// unserved says which rules are not served as written, and what their requests
// get. The specification fixes the beginning for rules that are dropped
// (RouteConditionPartiallyInvalid).
func unserved(dropped, refused []string) string {
	var parts []string
	if len(dropped) > 0 {
		parts = append(parts, "Dropped Rule: "+list(dropped))
	}
	if len(refused) > 0 {
		parts = append(parts, "Rule answers 500: "+list(refused))
	}
	return strings.Join(parts, "; ")
}

func matches(specs []gatewayv1.HTTPRouteMatch, field string, c providers.Capabilities) ([]ir.Match, error) {
	if len(specs) == 0 {
		return []ir.Match{{Path: ir.PathMatch{Kind: ir.Prefix, Value: "/"}}}, nil
	}
	out := make([]ir.Match, len(specs))
	for i := range specs {
		m, err := match(&specs[i], c)
		if err != nil {
			return nil, fmt.Errorf("%s.matches[%d].%w", field, i, err)
		}
		out[i] = m
	}
	return out, nil
}

// match translates one match. Its error begins with the field below the match.
func match(spec *gatewayv1.HTTPRouteMatch, c providers.Capabilities) (ir.Match, error) {
	m := ir.Match{Path: ir.PathMatch{Kind: ir.Prefix, Value: "/"}}
	if p := spec.Path; p != nil {
		if p.Type != nil {
			m.Path.Kind = ir.MatchKind(*p.Type)
		}
		if p.Value != nil {
			m.Path.Value = *p.Value
		}
		if m.Path.Kind == ir.Prefix && m.Path.Value != "/" {
			m.Path.Value = strings.TrimRight(m.Path.Value, "/")
			if m.Path.Value == "" {
				m.Path.Value = "/"
			}
		}
		if err := kind(m.Path.Kind, m.Path.Value, c.PathMatches); err != nil {
			return m, fmt.Errorf("path: %w", err)
		}
	}
	if spec.Method != nil {
		if !c.MethodMatches {
			return m, fmt.Errorf("method: this class cannot match methods; remove it")
		}
		m.Method = string(*spec.Method)
	}
	for i, h := range spec.Headers {
		v := valueMatch(strings.ToLower(string(h.Name)), (*string)(h.Type), h.Value)
		if err := kind(v.Kind, v.Value, c.HeaderMatches); err != nil {
			return m, fmt.Errorf("headers[%d]: %w", i, err)
		}
		m.Headers = append(m.Headers, v)
	}
	for i, q := range spec.QueryParams {
		v := valueMatch(string(q.Name), (*string)(q.Type), q.Value)
		if err := kind(v.Kind, v.Value, c.QueryMatches); err != nil {
			return m, fmt.Errorf("queryParams[%d]: %w", i, err)
		}
		m.Query = append(m.Query, v)
	}
	m.Headers, m.Query = firstByName(m.Headers), firstByName(m.Query)
	return m, nil
}

func valueMatch(name string, kind *string, value string) ir.ValueMatch {
	v := ir.ValueMatch{Name: name, Kind: ir.Exact, Value: value}
	if kind != nil {
		v.Kind = ir.MatchKind(*kind)
	}
	return v
}

// firstByName sorts by name and keeps the first of equal names, as the
// Gateway API asks (HTTPHeaderMatch.name, HTTPQueryParamMatch.name).
func firstByName(v []ir.ValueMatch) []ir.ValueMatch {
	slices.SortStableFunc(v, func(a, b ir.ValueMatch) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(v, func(a, b ir.ValueMatch) bool { return a.Name == b.Name })
}

func kind(k ir.MatchKind, value string, can []ir.MatchKind) error {
	if !slices.Contains(can, k) {
		return fmt.Errorf("type %s is not supported by this class; %s", k, instead(can))
	}
	if k == ir.Regex {
		if _, err := regexp.Compile(value); err != nil {
			return fmt.Errorf("not an RE2 expression; mend it: %s", shorten(err.Error()))
		}
	}
	return nil
}
