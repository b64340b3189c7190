package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestCommandLinesAndExitCodes(t *testing.T) {
	t.Setenv("KUBECONFIG", "/does/not/exist")
	t.Setenv("HOME", t.TempDir())
	for _, c := range []struct {
		line string
		code int
		says string
	}{
		{"", 0, "Available Commands"},
		{"--help", 0, "Exit codes"},
		{"--help", 0, "Usage:\n  fairwayctl\n  fairwayctl [command]\n"},
		{"clusters --help", 0, "Usage:\n  fairwayctl clusters\n  fairwayctl clusters [command]\n"},
		{"help", 0, "Exit codes"},
		{"help clusters join", 0, "clusters join NAME"},
		{"help clusters bogus", exitUsage, "clusters bogus"},
		{"--version", 0, "development"},
		{"clusters", 0, "join"},
		{"completion bash", 0, "bash completion"},
		{"bogus", exitUsage, "bogus"},
		{"--bogus", exitUsage, "--bogus"},
		{"clusters join", exitUsage, "fairwayctl clusters join --help"},
		{"clusters join East", exitUsage, "cannot be a cluster's id"},
		{"clusters join east --server http://10.0.0.1", exitUsage, "--server"},
		{"clusters join east --server https://user:secret@10.0.0.1", exitUsage, "without a user"},
		{"clusters list -o xml", exitUsage, "none of table, json, yaml"},
		{"clusters list more", exitUsage, "more"},
		{"clusters remove east --timeout 0", exitUsage, "--timeout"},
		{"status web", exitUsage, "NAMESPACE/NAME"},
		{"status a b", exitUsage, "at most 1"},
		{"status", exitFailed, "there is no kubeconfig"},
		{"clusters list", exitFailed, "there is no kubeconfig"},
	} {
		var out bytes.Buffer
		code := run(t.Context(), "fairwayctl", strings.Fields(c.line), streams{in: strings.NewReader(""), out: &out, err: &out})
		if code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("fairwayctl %s: exit code %d, want %d; it says %q, want %q in it", c.line, code, c.code, out.String(), c.says)
		}
		if strings.Contains(out.String(), "secret@") {
			t.Errorf("fairwayctl %s repeats a password", c.line)
		}
	}
}

func TestPluginGoesByItsName(t *testing.T) {
	t.Setenv("KUBECONFIG", "/does/not/exist")
	t.Setenv("HOME", t.TempDir())
	for _, c := range []struct {
		program, line, says string
	}{
		{"kubectl-fairway", "--help", "kubectl fairway works on a Fairway hub"},
		{"kubectl-fairway.exe", "--help", "kubectl fairway [command]"},
		{"kubectl-fairway", "status --help", "kubectl fairway status [NAMESPACE/NAME]"},
		{"kubectl-fairway", "clusters join --help", "kubectl fairway clusters join east --server"},
		{"kubectl-fairway", "clusters join", "See kubectl fairway clusters join --help"},
		{"kubectl-fairway", "clusters list", "kubectl fairway: find the hub"},
		{"kubectl_complete-fairway", "clu", "clusters\t"},
		{"kubectl_complete-fairway", "clusters join --ser", "--server\t"},
		{"kubectl_complete-fairway", "status --output j", "json\n"},
	} {
		var out bytes.Buffer
		run(t.Context(), c.program, strings.Fields(c.line), streams{in: strings.NewReader(""), out: &out, err: &out})
		if !strings.Contains(out.String(), c.says) {
			t.Errorf("%s %s says %q, want %q in it", c.program, c.line, out.String(), c.says)
		}
		if strings.Contains(out.String(), "fairwayctl") {
			t.Errorf("%s %s says fairwayctl: %s", c.program, c.line, out.String())
		}
	}
}
