package ir

import (
	"cmp"
	"strings"
)

// Place points at one match of one rule of a route.
type Place struct {
	Route *Route
	Rule  int
	Match int
}

func (p Place) match() *Match { return &p.Route.Rules[p.Rule].Matches[p.Match] }

// ComparePlaces orders matches of the same host (see Attachment.Hostnames for
// several) by the Gateway API's
// precedence (HTTPRouteRule.matches): a negative result means that a is tried
// before b. The order is total, so every provider serves the same rule. A match
// that comes after one that fits all the same requests is in its shadow and
// never met; a load balancer that takes no two alike may leave it out.
//
// It is: exact path, then the longest prefix (regular expressions come after
// both, longest first), then a method, then more headers, then more query
// parameters, then the older route, then its name, then the place in it.
func ComparePlaces(a, b Place) int {
	ma, mb := a.match(), b.match()
	return cmp.Or(
		cmp.Compare(pathRank(ma.Path.Kind), pathRank(mb.Path.Kind)),
		cmp.Compare(len(mb.Path.Value), len(ma.Path.Value)),
		cmp.Compare(methodRank(ma), methodRank(mb)),
		cmp.Compare(len(mb.Headers), len(ma.Headers)),
		cmp.Compare(len(mb.Query), len(ma.Query)),
		cmp.Compare(a.Route.Created, b.Route.Created),
		strings.Compare(routeKey(a.Route), routeKey(b.Route)),
		// Routes of two kinds may have one name.
		strings.Compare(a.Route.Name, b.Route.Name),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.Match, b.Match),
	)
}

func pathRank(k MatchKind) int {
	switch k {
	case Exact:
		return 0
	case Prefix:
		return 1
	default:
		return 2
	}
}

func methodRank(m *Match) int {
	if m.Method != "" {
		return 0
	}
	return 1
}

// routeKey is "<namespace>/<name>": the specification breaks ties by it,
// whatever the kind.
func routeKey(r *Route) string {
	_, key, _ := strings.Cut(r.Name, "/")
	return key
}
