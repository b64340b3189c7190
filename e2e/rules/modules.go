package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// modules are the folders that may be modules, and whether their go.mod may
// replace others: what users install must build without this checkout.
var modules = map[string]bool{".": false, "e2e": true, "e2e/simulators": false}

// modulesRule keeps the modules apart: the simulators can be installed from
// anywhere, and the embedded Kubernetes with its replaces stays in e2e.
func modulesRule(t *tree) []string {
	var wrong []string
	for name, content := range t.files {
		if path.Base(name) != "go.mod" {
			continue
		}
		mayReplace, known := modules[path.Dir(name)]
		parsed, err := modfile.Parse(name, content, nil)
		switch {
		case !known:
			wrong = append(wrong, fmt.Sprintf("%s: a module that nobody planned", name))
		case err != nil:
			wrong = append(wrong, fmt.Sprintf("%s: %v", name, err))
		case !mayReplace && len(parsed.Replace) > 0:
			wrong = append(wrong, fmt.Sprintf("%s: replaces %s; what users install must build without this checkout", name, parsed.Replace[0].Old.Path))
		}
	}
	slices.Sort(wrong)
	_, own := t.files["e2e/simulators/go.mod"]
	for _, s := range t.sources {
		if !own && strings.HasPrefix(s.path, "e2e/simulators/") {
			return append(wrong, "e2e/simulators: is to be a module of its own, so that provider authors can install it")
		}
	}
	return wrong
}
