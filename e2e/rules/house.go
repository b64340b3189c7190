package rules

import (
	"fmt"
	"path"
	"slices"
)

// topLevel is all that stands at the top of the repository.
var topLevel = []string{
	"api/", "charts/", "cmd/", "docs/", "e2e/", "examples/", "providers/", "reconcile/",
	".ci/", ".gitignore", ".golangci.yml", "LICENSE", "Makefile", "PROVIDERS.md", "README.md",
	"go.mod", "go.sum", "go.tools.mod", "go.tools.sum",
}

// vague are package names that take in anything, so that nothing can be found in them.
var vague = []string{"common", "helper", "helpers", "manager", "misc", "shared", "util", "utils"}

// houseRule keeps the top level fixed and packages named after what they hold.
func houseRule(t *tree) []string {
	var wrong []string
	for _, entry := range t.entries {
		if !slices.Contains(topLevel, entry) {
			wrong = append(wrong, fmt.Sprintf("%s: the top level of the house is fixed", entry))
		}
	}
	seen := map[string]bool{}
	for _, s := range t.sources {
		if name := path.Base(s.dir()); slices.Contains(vague, name) && !seen[s.dir()] {
			seen[s.dir()] = true
			wrong = append(wrong, fmt.Sprintf("%s: a package is named after what it holds", s.dir()))
		}
	}
	return wrong
}
