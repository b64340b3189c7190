package aws

import (
	"flag"
	"os"
	"strings"
	"testing"

	"fairway.dev/fairway/e2e/simulators/aws/internal/coverage"
)

var update = flag.Bool("update", false, "write the table of operations in the documentation anew")

// document describes the simulator; the table of operations is between these lines.
const (
	document = "../../../docs/simulator-aws.md"
	begin    = "<!-- The table is written by go test ./aws -run TestDocumentedOperations -update -->\n"
	end      = "<!-- End of the table -->\n"
)

// TestDocumentedOperations compares the documentation's table with the operations that there are.
func TestDocumentedOperations(t *testing.T) {
	sim, err := Start(t.Context(), Options{Addresses: off, DNS: off})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	table, err := coverage.Table(sim.services.byName)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, hasBegin := strings.Cut(string(text), begin)
	_, after, hasEnd := strings.Cut(rest, end)
	if !hasBegin || !hasEnd {
		t.Fatalf("%s has no place for the table", document)
	}
	want := before + begin + "\n" + table + end + after
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatalf("the table in %s is old: go test ./aws -run TestDocumentedOperations -update", document)
	}
	if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
