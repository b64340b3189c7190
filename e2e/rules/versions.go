package rules

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/mod/modfile"
)

// versions are places outside of go.mod files that name a module's version. What is before the
// version in the text tells where it is.
var versions = []struct{ file, before, module, goMod string }{
	{"README.md", "gateway-api/releases/download/", "sigs.k8s.io/gateway-api", "go.mod"},
	{"README.md", "kubernetes-sigs/mcs-api/", "sigs.k8s.io/mcs-api", "go.mod"},
	{"charts/fairway/templates/NOTES.txt", "gateway-api/releases/download/", "sigs.k8s.io/gateway-api", "go.mod"},
	{"charts/fairway/templates/NOTES.txt", "kubernetes-sigs/mcs-api/", "sigs.k8s.io/mcs-api", "go.mod"},
	{"e2e/fleet/build.go", `kubernetesVersion = "`, "k8s.io/kubernetes", "e2e/go.mod"},
}

// versionsRule keeps those in step with go.mod.
func versionsRule(t *tree) []string {
	var wrong []string
	for _, v := range versions {
		content, there := t.files[v.file]
		if !there {
			continue
		}
		want := required(t, v.goMod, v.module)
		for i, found := 0, 0; ; found++ {
			n := bytes.Index(content[i:], []byte(v.before))
			if n < 0 {
				if found == 0 {
					wrong = append(wrong, fmt.Sprintf("%s: no longer names the version of %s after %q; mend the rule or the text", v.file, v.module, v.before))
				}
				break
			}
			i += n + len(v.before)
			if rest := string(content[i:]); !strings.HasPrefix(rest, want) && !strings.HasPrefix("v"+rest, want) {
				wrong = append(wrong, fmt.Sprintf("%s: names another version of %s than %s, which has %s", v.file, v.module, v.goMod, want))
			}
		}
	}
	return wrong
}

// required is the version of a module that a go.mod requires.
func required(t *tree, goMod, module string) string {
	parsed, err := modfile.Parse(goMod, t.files[goMod], nil)
	if err != nil {
		return err.Error()
	}
	for _, r := range parsed.Require {
		if r.Mod.Path == module {
			return r.Mod.Version
		}
	}
	return "none"
}
