package rules

import (
	"fmt"
	"strings"
)

// forbidden are imports that some packages stay clear of, and why.
var forbidden = []struct {
	dirs []string
	// imported says whether an import path is one of them.
	imported func(string) bool
	why      string
}{
	{
		dirs:     []string{"providers/local/proxy/request/...", "providers/local/proxy/route/...", "providers/local/proxy/filter/..."},
		imported: exactly("net/http"),
		why:      "matching and filters work on our own request view, so that another engine can take net/http's place",
	},
	{
		dirs:     []string{"providers/ir/...", "providers/plan/..."},
		imported: func(p string) bool { return strings.Contains(p, ".") && !strings.HasPrefix(p, modulePath+"/") },
		why:      "every provider is built on this: the standard library only",
	},
	{
		dirs:     []string{"api/...", "cmd/...", "providers/...", "reconcile/...", "e2e/..."},
		imported: exactly("sigs.k8s.io/multicluster-runtime/providers/namespace"),
		why:      "it does not build with our controller-runtime; members are connected in reconcile/internal/member",
	},
}

func exactly(path string) func(string) bool { return func(p string) bool { return p == path } }

// forbiddenRule keeps packages clear of imports that would undo a decision.
func forbiddenRule(t *tree) []string {
	var wrong []string
	for _, s := range t.sources {
		if s.test {
			continue
		}
		for _, f := range forbidden {
			for _, dir := range f.dirs {
				if !within(s.dir(), dir) {
					continue
				}
				for _, imported := range s.imports() {
					if f.imported(imported) {
						wrong = append(wrong, fmt.Sprintf("%s: imports %s: %s", s.path, imported, f.why))
					}
				}
			}
		}
	}
	return wrong
}
