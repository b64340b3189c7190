package plan

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
)

func TestRunKeepsOrderAndGoesAroundAFailure(t *testing.T) {
	boom := errors.New("boom")
	p := Plan{Steps: []Step{
		{ID: "a"},
		{ID: "b", DependsOn: []string{"a"}},
		{ID: "fails"},
		{ID: "after-failure", DependsOn: []string{"fails"}},
		{ID: "after-that", DependsOn: []string{"after-failure", "b"}},
		{ID: "c", DependsOn: []string{"b"}},
	}}
	var mu sync.Mutex
	var ran []string
	out, err := Run(t.Context(), p, 4, func(_ context.Context, s Step) error {
		mu.Lock()
		defer mu.Unlock()
		ran = append(ran, s.ID)
		if s.ID == "fails" {
			return boom
		}
		return nil
	})
	if !errors.Is(err, boom) {
		t.Errorf("error is %v, want boom", err)
	}
	if slices.Contains(ran, "after-failure") || slices.Contains(ran, "after-that") {
		t.Errorf("ran %v: a step ran after the failure of one that it depends on", ran)
	}
	if a, b, c := slices.Index(ran, "a"), slices.Index(ran, "b"), slices.Index(ran, "c"); a < 0 || b < a || c < b {
		t.Errorf("ran %v: want a before b before c", ran)
	}
	done := map[string]bool{}
	for _, o := range out {
		done[o.Step] = o.Done
	}
	if !done["c"] || done["fails"] || done["after-that"] {
		t.Errorf("outcomes %v", out)
	}
}

func TestRunBeginsNothingAfterACut(t *testing.T) {
	ctx, cut := context.WithCancel(t.Context())
	p := Plan{Steps: []Step{{ID: "a"}, {ID: "b", DependsOn: []string{"a"}}}}
	out, err := Run(ctx, p, 1, func(context.Context, Step) error { cut(); return nil })
	if !errors.Is(err, context.Canceled) || !out[0].Done || out[1].Done {
		t.Errorf("outcomes %v, error %v", out, err)
	}
}

func TestRunRefusesAnUnknownDependency(t *testing.T) {
	p := Plan{Steps: []Step{{ID: "a", DependsOn: []string{"b"}}, {ID: "b"}}}
	if _, err := Run(t.Context(), p, 1, func(context.Context, Step) error { return nil }); err == nil {
		t.Error("a step that depends on a later one was accepted")
	}
}
