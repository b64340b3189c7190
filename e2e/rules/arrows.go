package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// arrow says what of this repository the packages of a room may import. A pattern is a folder; with
// "/..." at the end, also what is below it. What is below a room itself is always allowed. Tests may
// import more where they need the other end of what they test.
type arrow struct {
	room  string
	to    []string
	tests []string
}

var contract = []string{"providers", "providers/ir", "providers/plan", "providers/owner", "api/..."}

// arrows are the one-way streets of the house, the most special room first. A package of no room may
// import nothing of the repository.
var arrows = []arrow{
	{room: "api"},
	{
		room:  "cmd/fairway-proxy",
		to:    []string{"providers/ir", "providers/local/wire", "providers/local/proxy/..."},
		tests: []string{"providers", "providers/local/..."},
	},
	{room: "cmd/*", to: []string{"reconcile", "providers/...", "api/..."}},
	{room: "reconcile", to: contract, tests: []string{"providers/fake/..."}},
	{room: "providers/ir"},
	{room: "providers/plan", to: []string{"providers/ir"}},
	{room: "providers/owner", to: []string{"providers"}},
	{room: "providers/providertest", to: contract},
	{room: "providers/local/proxy", to: []string{"providers/ir", "providers/local/wire"}},
	{room: "providers/local/wire", to: []string{"providers/ir"}},
	{room: "providers/*", to: contract, tests: []string{"providers/providertest/..."}},
	{room: "providers", to: []string{"providers/ir", "providers/plan"}},
	{room: "e2e/simulators"},
	{room: "e2e", to: []string{"providers/...", "reconcile", "api/..."}},
}

func arrowRule(t *tree) []string {
	var wrong []string
	for _, s := range t.sources {
		for _, imported := range s.imports() {
			target, ours := strings.CutPrefix(imported, modulePath+"/")
			if ours && !mayImport(s, target) {
				wrong = append(wrong, fmt.Sprintf("%s: imports %s, which is against the arrows of the house", s.path, target))
			}
		}
	}
	return wrong
}

func mayImport(s *source, target string) bool {
	for _, a := range arrows {
		room, inside := roomOf(s.dir(), a.room)
		if !inside {
			continue
		}
		allowed := a.to
		if s.test {
			allowed = slices.Concat(a.to, a.tests)
		}
		if a.room != "providers" {
			allowed = append(slices.Clone(allowed), room+"/...")
		}
		return slices.ContainsFunc(allowed, func(pattern string) bool { return within(target, pattern) })
	}
	return false
}

// roomOf finds the folder that a room's pattern means for a package: "providers/*" means
// "providers/local" for "providers/local/stream". The room "providers" is the contract alone, since
// everything below it is a room of its own.
func roomOf(dir, pattern string) (string, bool) {
	parts := strings.Split(dir, "/")
	depth := strings.Count(pattern, "/") + 1
	if len(parts) < depth {
		return "", false
	}
	room := strings.Join(parts[:depth], "/")
	matched, err := path.Match(pattern, room)
	return room, err == nil && matched
}

// within tells whether a folder is meant by a pattern.
func within(dir, pattern string) bool {
	above, deep := strings.CutSuffix(pattern, "/...")
	return dir == above || deep && strings.HasPrefix(dir, above+"/")
}
