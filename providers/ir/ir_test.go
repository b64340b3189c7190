package ir

import (
	"slices"
	"testing"
)

func place(name string, created int64, m Match) Place {
	return Place{Route: &Route{Name: "HTTPRoute/" + name, Created: created, Rules: []Rule{{Matches: []Match{m}}}}}
}

func TestComparePlacesFollowsTheSpecification(t *testing.T) {
	path := func(k MatchKind, v string) PathMatch { return PathMatch{Kind: k, Value: v} }
	header := []ValueMatch{{Name: "a", Kind: Exact, Value: "1"}}
	two := []ValueMatch{{Name: "a", Kind: Exact, Value: "1"}, {Name: "b", Kind: Exact, Value: "1"}}
	want := []Place{
		place("n/exact", 9, Match{Path: path(Exact, "/a")}),
		place("n/long-prefix", 9, Match{Path: path(Prefix, "/a/b/c")}),
		place("n/method", 9, Match{Path: path(Prefix, "/a"), Method: "GET"}),
		place("n/two-headers", 9, Match{Path: path(Prefix, "/a"), Headers: two}),
		place("n/header-query", 9, Match{Path: path(Prefix, "/a"), Headers: header, Query: header}),
		place("n/header", 9, Match{Path: path(Prefix, "/a"), Headers: header}),
		place("n/query", 9, Match{Path: path(Prefix, "/a"), Query: header}),
		place("n/older", 1, Match{Path: path(Prefix, "/a")}),
		place("a/name", 2, Match{Path: path(Prefix, "/a")}),
		place("b/name", 2, Match{Path: path(Prefix, "/a")}),
		place("n/root", 1, Match{Path: path(Prefix, "/")}),
		place("n/regex", 1, Match{Path: path(Regex, "/a/b/c/d.*")}),
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, ComparePlaces)
	for i := range want {
		if got[i].Route.Name != want[i].Route.Name {
			t.Errorf("position %d: got %s, want %s", i, got[i].Route.Name, want[i].Route.Name)
		}
	}
}

func TestRoutesOfTwoKindsAndOneNameDoNotTie(t *testing.T) {
	m := Match{Path: PathMatch{Kind: Prefix, Value: "/"}}
	a, b := place("n/r", 1, m), place("n/r", 1, m)
	b.Route.Name = "GRPCRoute/n/r"
	if ComparePlaces(a, b) <= 0 || ComparePlaces(b, a) >= 0 {
		t.Error("the order is not total")
	}
}

func TestHashTellsContentApart(t *testing.T) {
	a := Listener{Name: "web", Port: 80, Protocol: HTTP}
	b := a
	if !Equal(a, b) {
		t.Error("equal listeners differ")
	}
	b.Hostname = "a.example.com"
	if Equal(a, b) {
		t.Error("a hostname makes no difference")
	}
}
