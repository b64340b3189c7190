package rules

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// purePackages compute and do nothing else.
var purePackages = []string{
	"providers/ir", "providers/plan",
	"reconcile/internal/translate", "reconcile/internal/snapshot",
	"reconcile/internal/conditions", "reconcile/internal/status",
}

// pureFiles are the pure files of a provider whose other files do its work.
var pureFiles = []string{"providers/*/resources.go", "providers/*/plan.go"}

// pureNeighbours are the packages of this repository that pure code may use beside other pure ones.
var pureNeighbours = []string{"providers", "providers/owner", "api/..."}

// impure are imports that pure code stays clear of. A name with a slash at the end means everything
// below it.
var impure = []struct{ name, why string }{
	{"net", "the network"}, {"net/http", "the network"}, {"net/rpc", "the network"}, {"net/smtp", "the network"},
	{"google.golang.org/grpc", "the network"}, {"google.golang.org/grpc/", "the network"},
	{"os", "the machine"}, {"os/", "the machine"}, {"io/ioutil", "the machine"}, {"syscall", "the machine"},
	{"log", "a logger"}, {"log/", "a logger"}, {"github.com/go-logr/", "a logger"}, {"k8s.io/klog/", "a logger"},
	{"k8s.io/utils/clock", "a clock"}, {"k8s.io/utils/clock/", "a clock"},
	{"math/rand", "chance"}, {"math/rand/", "chance"}, {"crypto/rand", "chance"},
	{"k8s.io/client-go/", "a client"}, {"sigs.k8s.io/controller-runtime", "a client"},
	{"sigs.k8s.io/controller-runtime/", "a client"}, {"sigs.k8s.io/multicluster-runtime/", "a client"},
	{"github.com/aws/", "a client"}, {"cloud.google.com/", "a client"},
	{"github.com/prometheus/", "metrics"},
}

// clocks are calls that ask what time it is or wait for it, by package name.
var clocks = map[string][]string{
	"time":   {"Now", "Since", "Until", "After", "AfterFunc", "Tick", "Sleep", "NewTimer", "NewTicker"},
	"metav1": {"Now", "NowMicro"},
}

// purityRule holds pure code to data in, data out: same input, same output, with nothing to set up in
// a test.
func purityRule(t *tree) []string {
	var wrong []string
	for _, s := range t.sources {
		if s.test || !pure(s) {
			continue
		}
		for _, imported := range s.imports() {
			if why := notPure(s, imported); why != "" {
				wrong = append(wrong, fmt.Sprintf("%s: is pure, and imports %s: %s", s.path, imported, why))
			}
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if pkg, name := selector(n); slices.Contains(clocks[pkg], name) {
				wrong = append(wrong, fmt.Sprintf("%s: is pure, and looks at a clock: %s.%s", t.at(n), pkg, name))
			}
			return true
		})
	}
	return wrong
}

func pure(s *source) bool {
	return slices.Contains(purePackages, s.dir()) || slices.ContainsFunc(pureFiles, func(pattern string) bool {
		matched, err := path.Match(pattern, s.path)
		return err == nil && matched
	})
}

// notPure says why an import is not for pure code, or nothing.
func notPure(s *source, imported string) string {
	if ours, found := strings.CutPrefix(imported, modulePath+"/"); found {
		// A provider's plan knows the types of its own other parts.
		allowed := slices.Concat(pureNeighbours, purePackages, []string{s.dir() + "/..."})
		if slices.ContainsFunc(allowed, func(p string) bool { return within(ours, p) }) {
			return ""
		}
		return "a package that is not pure"
	}
	for _, i := range impure {
		if imported == i.name || strings.HasSuffix(i.name, "/") && strings.HasPrefix(imported, i.name) {
			return i.why
		}
	}
	return ""
}

// selector takes "package.Name" apart; other nodes give nothing.
func selector(n ast.Node) (pkg, name string) {
	s, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	x, ok := s.X.(*ast.Ident)
	if !ok {
		return "", ""
	}
	return x.Name, s.Sel.Name
}
