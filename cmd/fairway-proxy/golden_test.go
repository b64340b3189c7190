package main

import (
	"io"
	"os"
	"regexp"
	"testing"
)

// TestTheHubsArgumentsAreUnderstood parses what provider local gives to its
// proxies, as its own golden files have it.
func TestTheHubsArgumentsAreUnderstood(t *testing.T) {
	for _, file := range []string{"objects.txtar", "parameters.txtar"} {
		text, err := os.ReadFile("../../providers/local/testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"--node-name=pod-1"}
		for _, m := range regexp.MustCompile(`(?m)^ +- (--\S+)$`).FindAllStringSubmatch(string(text), -1) {
			args = append(args, m[1])
		}
		if o, err := parse(args, io.Discard); err != nil || len(args) < 5 || o.hub == "" {
			t.Errorf("%s: %q: %v", file, args, err)
		}
	}
}
