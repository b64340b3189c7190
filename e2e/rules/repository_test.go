package rules

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// root is the repository that this package is in.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRepository(t *testing.T) {
	repository, err := load(os.DirFS(root(t)))
	if err != nil {
		t.Fatal(err)
	}
	if len(repository.sources) == 0 {
		t.Fatal("no Go files found")
	}
	for name, rule := range map[string]rule{
		"arrows":           arrowRule,
		"package comments": commentRule,
		"house":            houseRule,
		"forbidden":        forbiddenRule,
		"modules":          modulesRule,
		"versions":         versionsRule,
		"machine":          machineRule(wordsOfThisMachine(t)),
		"purity":           purityRule,
		"size":             sizeRule,
		"steady tests":     steadyRule,
		"testdata":         testdataRule,
	} {
		t.Run(name, func(t *testing.T) {
			for _, wrong := range rule(repository) {
				t.Error(wrong)
			}
		})
	}
}

func TestProxyDependsOnLittle(t *testing.T) {
	command := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}} {{with .Module}}{{.Path}}{{end}}",
		"./cmd/fairway-proxy", "./providers/local/proxy/...")
	command.Dir = root(t)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("list what the proxy depends on: %v", err)
	}
	var tree []dependency
	for line := range strings.Lines(string(output)) {
		pkg, module, _ := strings.Cut(strings.TrimSpace(line), " ")
		tree = append(tree, dependency{pkg, module})
	}
	for _, wrong := range proxyWrongs(tree) {
		t.Error(wrong)
	}
}

// wordsOfThisMachine are the folder of the clone, Go's folders, and the hosts that modules come from
// unless everybody's do.
func wordsOfThisMachine(t *testing.T) []string {
	t.Helper()
	output, err := exec.Command("go", "env", "GOPATH", "GOMODCACHE", "GOCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatalf("ask go about its environment: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	proxies := lines[len(lines)-1]
	words := append([]string{root(t)}, lines[:len(lines)-1]...)
	for proxy := range strings.FieldsFuncSeq(proxies, func(r rune) bool { return r == ',' || r == '|' }) {
		if address, err := url.Parse(proxy); err == nil && address.Host != "" {
			words = append(words, address.Host)
		}
	}
	return words
}
