package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestTablesAreFresh compares the tables with what Amazon's models give. It fetches the module if it is not in the
// module cache yet, as go generate does.
func TestTablesAreFresh(t *testing.T) {
	all, err := tables()
	if err != nil {
		t.Fatal(err)
	}
	there, err := filepath.Glob("../*.json")
	if err != nil || len(there) != len(all) {
		t.Errorf("there are %v, %v; want %d tables", there, err, len(all))
	}
	for file, table := range all {
		if text, err := os.ReadFile(filepath.Join("..", file)); err != nil || !bytes.Equal(text, table) {
			t.Errorf("%s is old or was changed by hand: go generate ./aws/internal/model (%v)", file, err)
		}
	}
}
