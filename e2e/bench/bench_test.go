package main

import (
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"fairway.dev/fairway/e2e/install"
)

// TestSubjectsAreMeasuredOneAfterTheOther measures Fairway twice, at sizes that mean nothing: as it is at
// home, and as a peer would be that knows the hub's own Services only.
func TestSubjectsAreMeasuredOneAfterTheOther(t *testing.T) {
	progress := install.Elapsed(os.Stderr)
	stack, err := install.Up(t.Context(), install.Options{Name: "bench", Members: []string{"east"}, Log: progress})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Close(); err != nil {
			t.Error(err)
		}
	})
	subjects := []subject{fairway("fairway", stack, stack.Members[0]), fairway("peer", stack, stack.Hub)}
	sizes := []int{2, 4}
	report, err := measure(t.Context(), stack, subjects, sizes, 3, 10, progress)
	if err != nil {
		t.Fatal(err)
	}
	if err := lost(report); err != nil {
		t.Error(err)
	}
	if len(report.Subjects) != len(subjects) {
		t.Fatalf("%d subjects", len(report.Subjects))
	}
	for i, s := range report.Subjects {
		if s.Subject != subjects[i].name || len(s.Sizes) != len(sizes) || s.Attach == nil || s.Attach.Routes != 10 || s.Attach.Writes < 1 {
			t.Errorf("%+v", s)
			continue
		}
		for j, n := range s.Sizes {
			if n.Routes != sizes[j] || n.Route.Samples != 3 || n.Endpoint.Samples != 3 || n.Route.P50 <= 0 || n.Endpoint.P50 <= 0 || n.HubMB <= 0 || n.ProxyMB <= 0 {
				t.Errorf("%s: %+v", s.Subject, n)
			}
		}
	}
	out := t.TempDir()
	if err := write(out, report); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, "bench.json"))
	if err != nil {
		t.Fatal(err)
	}
	var written Report
	if err := json.Unmarshal(text, &written); err != nil || !reflect.DeepEqual(written, report) {
		t.Errorf("bench.json has %+v, not %+v: %v", written, report, err)
	}
	plot, err := os.Open(filepath.Join(out, "bench.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer plot.Close() //nolint:errcheck // it was only read
	if _, err := png.DecodeConfig(plot); err != nil {
		t.Errorf("bench.png: %v", err)
	}
	if err := table(t.Output(), report); err != nil {
		t.Error(err)
	}
}
