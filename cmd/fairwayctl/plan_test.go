package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile"
)

// ctl runs a command line with input, and gives its exit code and what it
// says.
func ctl(t *testing.T, in, line string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := run(t.Context(), "fairwayctl", strings.Fields(line), streams{in: strings.NewReader(in), out: &out, err: &out})
	return code, out.String()
}

// TestPlanGolden plans the input of testdata/plan.txtar into an empty world.
func TestPlanGolden(t *testing.T) {
	const file = "testdata/plan.txtar"
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	fresh := &txtar.Archive{Files: slices.Clone(archive.Files[:1])}
	for _, format := range []string{"table", "yaml", "json"} {
		code, said := ctl(t, string(archive.Files[0].Data), "plan --offline -f - -o "+format)
		if code != exitRefused {
			t.Errorf("-o %s: exit code %d: %s", format, code, said)
		}
		fresh.Files = append(fresh.Files, txtar.File{Name: "plan." + format, Data: []byte(said)})
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(txtar.Format(archive), txtar.Format(fresh)) {
		t.Errorf("%s differs; -update writes it anew. Got:\n%s", file, txtar.Format(fresh))
	}
}

func TestPlanOfTheExamples(t *testing.T) {
	code, said := ctl(t, "", "plan --offline -f ../../examples -f ../../examples/parameters")
	for _, want := range []string{"Gateway shop/store, class fairway, new", "Gateway shop/quiet, class fairway-edge, new", "there is no ServiceImport shop/echo"} {
		if code != exitRefused || !strings.Contains(said, want) {
			t.Errorf("exit code %d, want %q in\n%s", code, want, said)
		}
	}
}

func TestPlanRefusesWhatItCannotRead(t *testing.T) {
	t.Setenv("KUBECONFIG", "/does/not/exist")
	t.Setenv("HOME", t.TempDir())
	const gateway = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: web}\n"
	for _, c := range []struct {
		in, line string
		code     int
		says     string
	}{
		{"", "plan", exitUsage, "--filename"},
		{"", "plan -f - -o xml", exitUsage, "none of table, json, yaml"},
		{"", "plan --offline -f -", exitFailed, "no object"},
		{"", "plan --offline -f /does/not/exist", exitFailed, "/does/not/exist"},
		{"a: [", "plan --offline -f -", exitFailed, "standard input: error converting YAML to JSON: yaml: line 1"},
		{"kind: Gateway", "plan --offline -f -", exitFailed, "no apiVersion and kind"},
		{gateway + "---\n" + gateway, "plan --offline -f -", exitFailed, "standard input:1, standard input:5: Gateway default/web: is in the files twice"},
		{"# a comment\n\n" + gateway + "---\n---\n# another\n" + gateway + "kind: Gateway\n", "plan --offline -f -", exitFailed, `standard input: error converting YAML to JSON: yaml: unmarshal errors:
  line 12: key "kind" already set in map`},
		{gateway + "---\r\nb: [\r\n", "plan --offline -f -", exitFailed, "standard input: error converting YAML to JSON: yaml: line 6: did not find"},
		{"- a", "plan --offline -f -", exitFailed, "standard input: "},
		{"apiVersion: v1\nkind: List\nitems: [1]", "plan --offline -f -", exitFailed, "standard input:1: List: items[0]: is no object"},
		{"apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Service}]", "plan --offline -f -", exitFailed, "standard input:1: List: items[0]: Service: metadata: missing"},
		{`{"apiVersion": "v1", "kind": "Service", "metadata": {"generateName": "a"}}`, "plan --offline -f -", exitFailed, "standard input:1: Service: metadata.name: missing"},
		{"{\"apiVersion\": \"v1\",\n\"kind\": \"Service\", \"metadata\": {\"name\": \"a\"}}\n{\t\"kind\": \"Service\"}", "plan --offline -f -", exitFailed, "standard input:3: has no apiVersion and kind"},
		{strings.Repeat("# a long comment\n", maxInput/16), "plan --offline -f -", exitFailed, "standard input: is longer than 16 MiB"},
		{"apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {b: " + strings.Repeat("c", 5<<20) + "}}", "plan -f -", exitFailed, "the hub takes 4096 KiB at a time"},
		{"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {b: '?'}", "plan --offline -f -", exitFailed, "standard input:1: Secret a: data[b]: is not base64"},
		{gateway + "spec: {listener: []}", "plan --offline -n shop -f -", exitFailed, `standard input:1: Gateway shop/web: unknown field "spec.listener"`},
		{gateway + "spec: {gatewayClassName: none}", "plan --offline -f -", exitRefused, "there is no GatewayClass none"},
		{"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}", "plan --offline -f -", 0, "Nothing would change."},
		{gateway, "plan -f -", exitFailed, "there is no kubeconfig"},
	} {
		code, said := ctl(t, c.in, c.line)
		if code != c.code || !strings.Contains(said, c.says) {
			t.Errorf("fairwayctl %s of %q: exit code %d, want %d; it says %q, want %q in it", c.line, c.in, code, c.code, said, c.says)
		}
	}
}

func TestPlanReadsDirectoriesAndLists(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"class.yaml": "apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: fairway}\nspec: {controllerName: fairway.dev/local}",
		"list.json": `{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
			"metadata": {"name": "web"}, "spec": {"gatewayClassName": "fairway", "listeners": [{"name": "http", "protocol": "HTTP", "port": 80}]}}]}`,
		"notes.txt": "not an object",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, said := ctl(t, "", "plan --offline -f "+dir); code != exitNotWell || !strings.Contains(said, "Gateway default/web, class fairway, new\n  Create") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestObjectsGoIntoTheContextsNamespace(t *testing.T) {
	at, none := kubeconfig(t, "https://127.0.0.1:1", "shop"), kubeconfig(t, "https://127.0.0.1:1", "")
	for _, c := range []struct {
		planning
		want string
	}{
		{planning{globals: &globals{kubeconfig: at}}, "shop"},
		{planning{globals: &globals{kubeconfig: at}, into: "away"}, "away"},
		{planning{globals: &globals{kubeconfig: none}}, "default"},
		// Files call it "default".
		{planning{globals: &globals{kubeconfig: at}, offline: true}, ""},
	} {
		files, err := c.read(nil)
		if err != nil || files.Namespace != c.want {
			t.Errorf("namespace %q, %v; want %q", files.Namespace, err, c.want)
		}
	}
	lost := planning{globals: &globals{kubeconfig: at, context: "elsewhere"}}
	if _, err := lost.read(nil); err == nil || !strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("a context that is not there: %v", err)
	}
}

func TestNotesDoNotCount(t *testing.T) {
	const lost = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: a}\nspec: {parentRefs: [{name: none}]}\n---\n" +
		"apiVersion: gateway.networking.k8s.io/v1\nkind: Gatway\nmetadata: {name: none}\n"
	code, said := ctl(t, lost, "plan --offline -f -")
	if code != 0 || !strings.Contains(said, "is it spelt right?") || !strings.Contains(said, "there is no Gateway default/none") {
		t.Errorf("exit code %d: %s", code, said)
	}
	if _, help := ctl(t, "", "plan --help"); !strings.Contains(help, "whatever the notes say") {
		t.Errorf("the help does not say so: %s", help)
	}
}

func TestVerdictsAreShown(t *testing.T) {
	verdict := func(service plan.Service, message string, already bool) reconcile.PreviewVerdict {
		return reconcile.PreviewVerdict{Verdict: plan.Verdict{Subject: plan.Rule("shop/cart", 1), Service: service, Reason: "TooMany", Message: message}, Already: already}
	}
	for name, c := range map[string]struct {
		verdict reconcile.PreviewVerdict
		refuses bool
		want    string
	}{
		"new":       {verdict(plan.Refused, "the 101st rule; take one away", false), true, "Refused  rule/shop/cart/1  TooMany: the 101st rule; take one away\n  No step\n\n0 steps, 1 new problem."},
		"as before": {verdict(plan.Refused, "the 101st rule", true), false, "As before  rule/shop/cart/1  TooMany: the 101st rule\n  No step\n\nNothing would change."},
		"offloaded": {verdict(plan.Offloaded, "the proxy serves it", false), false, "Offloaded  rule/shop/cart/1  TooMany: the proxy serves it\n  No step\n\nNothing would change."},
	} {
		found := &reconcile.Preview{Gateways: []reconcile.PreviewGateway{{Namespace: "shop", Name: "web", Class: "cloud", Verdicts: []reconcile.PreviewVerdict{c.verdict}}}}
		var said strings.Builder
		if err := planTable(&said, found); err != nil || !strings.Contains(said.String(), c.want) || found.Refuses() != c.refuses {
			t.Errorf("%s: refuses %v, %v:\n%s", name, found.Refuses(), err, said.String())
		}
	}
}
