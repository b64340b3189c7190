package rules

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// cases are, for each rule, files that are right and files that are wrong, with a part of what is
// said about them. The path of a case is its file's.
var cases = map[string]struct {
	rule  rule
	right map[string]string
	wrong map[string][2]string
}{
	"arrows": {
		rule: arrowRule,
		right: map[string]string{
			"cmd/fairway/main.go":                 imports("reconcile", "providers/local", "providers/local/stream"),
			"reconcile/internal/translate/a.go":   imports("reconcile/internal/snapshot", "providers/ir", "api/v1alpha1"),
			"providers/local/stream/a.go":         imports("providers/local/authority", "providers/owner", "providers"),
			"providers/provider.go":               imports("providers/plan"),
			"providers/owner/owner.go":            imports("providers"),
			"e2e/fleet/fleet.go":                  imports("e2e/fleet/internal/plan"),
			"e2e/simulators/aws/services.go":      imports("e2e/simulators/aws/internal/elbv2"),
			"cmd/fairway-proxy/run_test.go":       imports("providers/local/stream", "providers"),
			"providers/aws/aws_test.go":           imports("providers/providertest"),
			"providers/local/proxy/route/rule.go": imports("providers/ir", "providers/local/proxy/request"),
		},
		wrong: map[string][2]string{
			"providers/aws/plan.go":               {imports("providers/local"), "imports providers/local"},
			"providers/aws/observe.go":            {imports("reconcile"), "imports reconcile"},
			"providers/aws/apply.go":              {imports("providers/providertest"), "imports providers/providertest"},
			"cmd/fairwayctl/main.go":              {imports("cmd/fairway"), "imports cmd/fairway"},
			"providers/provider.go":               {imports("providers/owner"), "imports providers/owner"},
			"providers/ir/pool.go":                {imports("providers"), "imports providers"},
			"reconcile/start.go":                  {imports("providers/local"), "imports providers/local"},
			"reconcile/internal/gateway/a.go":     {imports("cmd/fairway"), "imports cmd/fairway"},
			"cmd/fairway/main.go":                 {imports("reconcile/internal/gather"), "imports reconcile/internal/gather"},
			"cmd/fairway-proxy/main.go":           {imports("providers/local/stream"), "imports providers/local/stream"},
			"providers/local/proxy/config/hub.go": {imports("providers/local/authority"), "imports providers/local/authority"},
			"api/v1alpha1/a.go":                   {imports("providers"), "imports providers"},
			"attic/a.go":                          {imports("api/v1alpha1"), "imports api"},
			// What the simulators share with what is tried against them would hide its bugs, in tests of theirs, too.
			"e2e/simulators/aws/internal/traffic/alb/a.go": {imports("providers/local/proxy/route"), "imports providers/local/proxy/route"},
			"e2e/simulators/aws/services.go":               {imports("providers/ir"), "imports providers/ir"},
			"e2e/simulators/aws/sequence_test.go":          {imports("providers/aws"), "imports providers/aws"},
			"e2e/simulators/aws/inventory_test.go":         {imports("e2e/fleet"), "imports e2e/fleet"},
		},
	},
	"package comments": {
		rule:  commentRule,
		right: map[string]string{"api/doc.go": "// Package api is commented.\npackage api", "api/a.go": "package api"},
		wrong: map[string][2]string{"api/a.go": {"package api", "api: has no package comment"}},
	},
	"house": {
		rule:  houseRule,
		right: map[string]string{"README.md": "", "cmd/fairway/main.go": "package main", "build/x": "", ".git/config": ""},
		wrong: map[string][2]string{
			"pkg/a.go":             {"package pkg", "pkg/: the top level"},
			"notes.txt":            {"", "notes.txt: the top level"},
			"providers/utils/a.go": {"package utils", "providers/utils: a package is named"},
		},
	},
	"forbidden": {
		rule:  forbiddenRule,
		right: map[string]string{"providers/local/proxy/server/a.go": "package server\nimport \"net/http\"", "providers/ir/a.go": "package ir\nimport \"slices\"", "providers/local/proxy/route/a_test.go": "package route\nimport \"net/http\""},
		wrong: map[string][2]string{
			"providers/local/proxy/route/a.go":     {"package route\nimport \"net/http\"", "imports net/http: matching"},
			"providers/ir/b.go":                    {"package ir\nimport \"golang.org/x/text\"", "the standard library only"},
			"reconcile/internal/member/members.go": {"package member\nimport \"sigs.k8s.io/multicluster-runtime/providers/namespace\"", "does not build"},
		},
	},
	"versions": {
		rule: versionsRule,
		right: map[string]string{
			"go.mod":     "module m\nrequire sigs.k8s.io/gateway-api v1.7.0\nrequire sigs.k8s.io/mcs-api v0.5.2",
			"e2e/go.mod": "module e\nrequire k8s.io/kubernetes v1.37.2",
			"README.md":  "gateway-api/releases/download/v1.7.0/x kubernetes-sigs/mcs-api/v0.5.2/x",
		},
		wrong: map[string][2]string{
			"README.md":          {"gateway-api/releases/download/v1.6.0/x kubernetes-sigs/mcs-api/none", "another version of sigs.k8s.io/gateway-api"},
			"e2e/fleet/build.go": {"package fleet\nconst kubernetesVersion = \"1.36.0\"", "another version of k8s.io/kubernetes"},
		},
	},
	"modules": {
		rule:  modulesRule,
		right: map[string]string{"go.mod": "module m", "e2e/go.mod": "module m/e2e\nreplace a => b v1.0.0"},
		wrong: map[string][2]string{
			"go.mod":                {"module m\nreplace a => b v1.0.0", "go.mod: replaces a"},
			"e2e/fleet/go.mod":      {"module f", "e2e/fleet/go.mod: a module that nobody planned"},
			"e2e/simulators/go.mod": {"module s\nreplace a => b v1.0.0", "e2e/simulators/go.mod: replaces a"},
			"e2e/simulators/aws.go": {"package aws", "e2e/simulators: is to be a module of its own"},
		},
	},
	"machine": {
		rule:  machineRule([]string{"/opt/clone", "modules.example.com:8080"}),
		right: map[string]string{"Makefile": "cd /etc && ls /root", "a.go": "package a // home/a", "b": "https://x.example/home/y"},
		wrong: map[string][2]string{
			"Makefile":  {"x:\n\tcd /home/" + "ann/src", "Makefile:2: names a path of one machine:  /home/" + "ann"},
			"README.md": {"see (/root/" + "x)", "names a path of one machine"},
			"a.yaml":    {"dir: /opt/clone/e2e", "names something of this machine: /opt/clone"},
			"go.mod":    {"// from modules.example.com:8080", "names something of this machine"},
		},
	},
	"purity": {
		rule: purityRule,
		right: map[string]string{
			"providers/ir/a.go":                    "package ir\nimport (\"net/netip\"; \"time\")\nvar _ netip.Addr\nvar _ = time.Second",
			"providers/ir/a_test.go":               "package ir\nimport \"os\"\nvar _ = os.Args",
			"providers/aws/apply.go":               "package aws\nimport \"net/http\"\nvar _ http.Handler",
			"reconcile/internal/translate/a.go":    imports("reconcile/internal/snapshot", "providers"),
			"reconcile/internal/statuswriter/a.go": "package statuswriter\nimport \"time\"\nvar _ = time.Now",
		},
		wrong: map[string][2]string{
			"providers/ir/a.go":                 {"package ir\nimport \"net\"\nvar _ net.IP", "imports net: the network"},
			"providers/plan/a.go":               {"package plan\nimport \"os\"\nvar _ = os.Args", "imports os: the machine"},
			"providers/aws/plan.go":             {"package aws\nimport \"math/rand/v2\"\nvar _ = rand.Int", "chance"},
			"providers/gcp/resources.go":        {"package gcp\nimport \"cloud.google.com/go/compute/apiv1\"", "a client"},
			"reconcile/internal/status/a.go":    {"package status\nimport \"time\"\nvar _ = time.Now()", "looks at a clock: time.Now"},
			"reconcile/internal/translate/a.go": {imports("reconcile/internal/gather"), "not pure"},
			"reconcile/internal/snapshot/a.go":  {"package snapshot\nimport \"github.com/go-logr/logr\"", "a logger"},
			"reconcile/internal/conditions/a.go": {
				"package conditions\nimport \"sigs.k8s.io/controller-runtime/pkg/client\"", "a client"},
		},
	},
	"size": {
		rule: sizeRule,
		right: map[string]string{
			"api/a.go":         "package api\nfunc f() {" + strings.Repeat("\n", maxFunctionLines-1) + "}\n",
			"api/generated.go": "// Code generated by x. DO NOT EDIT.\npackage api\n" + strings.Repeat("\n", maxFileLines),
		},
		wrong: map[string][2]string{
			"api/a.go":      {"package api\n\nfunc f() {" + strings.Repeat("\n", maxFunctionLines) + "}\n", "api/a.go:3: f has 81 lines"},
			"api/a_test.go": {"package api\n" + strings.Repeat("\n", maxFileLines), "601 lines"},
		},
	},
	"steady tests": {
		rule: steadyRule,
		right: map[string]string{
			"api/a.go":      "package api\nimport \"time\"\nfunc f() { time.Sleep(1) }",
			"api/a_test.go": "package api\nfunc TestA(t *testing.T) { r.Skip(1); t.Fatal() }",
			"api/b_test.go": "package api\nimport \"testing/synctest\"\nfunc TestB(t *testing.T) { synctest.Test(t, func(*testing.T) { time.Sleep(1) }) }",
		},
		wrong: map[string][2]string{
			"api/a_test.go": {"package api\nfunc TestA(t *testing.T) {\n\ttime.Sleep(1)\n}", "api/a_test.go:3: sleeps"},
			"api/b_test.go": {"package api\nfunc TestB(t *testing.T) {\n\tt.Skipf(``)\n}", "api/b_test.go:3: skips"},
		},
	},
	"testdata": {
		rule: testdataRule,
		right: map[string]string{
			"api/a_test.go":               "package api\nvar _ = []string{`testdata/a.txtar`, `case-b`, `testdata/many/*.txtar`, `./testdata/guest`}",
			"api/testdata/a.txtar":        "",
			"api/testdata/case-b.txtar":   "",
			"api/testdata/many/c.txtar":   "",
			"api/testdata/guest/main.go":  "package main",
			"api/testdata/guest/sub/x.go": "package sub",
		},
		wrong: map[string][2]string{
			"api/testdata/old.txtar": {"", "api/testdata/old.txtar: no test"},
		},
	},
}

func TestRulesCanFail(t *testing.T) {
	for name, c := range cases {
		right := fstest.MapFS{}
		for path, text := range c.right {
			right[path] = &fstest.MapFile{Data: []byte(text)}
		}
		if wrongs := c.rule(mustLoad(t, right)); len(wrongs) != 0 {
			t.Errorf("%s: said of what is right: %q", name, wrongs)
		}
		for path, text := range c.wrong {
			wrongs := c.rule(mustLoad(t, fstest.MapFS{path: {Data: []byte(text[0])}}))
			if len(wrongs) != 1 || !strings.Contains(wrongs[0], text[1]) {
				t.Errorf("%s: said of %s: %q, want one thing with %q", name, path, wrongs, text[1])
			}
		}
	}
}

func TestProxyRuleCanFail(t *testing.T) {
	for _, right := range []dependency{
		{"net/http", ""},
		{"google.golang.org/grpc/codes", "google.golang.org/grpc"},
		{modulePath + "/providers/local/proxy/route", modulePath},
	} {
		if wrongs := proxyWrongs([]dependency{right}); len(wrongs) != 0 {
			t.Errorf("said of what is right: %q", wrongs)
		}
	}
	for _, wrong := range []dependency{
		{"k8s.io/client-go/rest", "k8s.io/client-go"},
		{"sigs.k8s.io/yaml", "sigs.k8s.io/yaml"},
		{"github.com/aws/aws-sdk-go-v2/aws", "github.com/aws/aws-sdk-go-v2"},
		{modulePath + "/providers/local/stream", modulePath},
	} {
		if wrongs := proxyWrongs([]dependency{wrong}); len(wrongs) != 1 {
			t.Errorf("said of %s: %q", wrong.pkg, wrongs)
		}
	}
}

func mustLoad(t *testing.T, files fstest.MapFS) *tree {
	t.Helper()
	loaded, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// imports is a Go file that imports packages of this repository.
func imports(packages ...string) string {
	var b strings.Builder
	b.WriteString("package x\n")
	for _, p := range packages {
		fmt.Fprintf(&b, "import _ %q\n", modulePath+"/"+p)
	}
	return b.String()
}
