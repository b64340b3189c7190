package rules

import (
	"fmt"
	"maps"
	"slices"
)

// commentRule wants a package comment on every package, commands included.
func commentRule(t *tree) []string {
	commented := map[string]bool{}
	for _, s := range t.sources {
		// A package of tests alone may have its comment in a test.
		commented[s.dir()] = commented[s.dir()] || s.ast.Doc != nil
	}
	var wrong []string
	for _, dir := range slices.Sorted(maps.Keys(commented)) {
		if !commented[dir] {
			wrong = append(wrong, fmt.Sprintf("%s: has no package comment", dir))
		}
	}
	return wrong
}
