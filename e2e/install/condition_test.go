package install

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestMet(t *testing.T) {
	conditions := []metav1.Condition{{
		Type: "Ready", Status: metav1.ConditionTrue, ObservedGeneration: 2, Reason: "Here", Message: "it is",
	}}
	for _, c := range []struct {
		kind       string
		status     metav1.ConditionStatus
		generation int64
		lacks      string
	}{
		{"Ready", metav1.ConditionTrue, 2, ""},
		{"Ready", metav1.ConditionTrue, 0, ""},
		{"Ready", metav1.ConditionTrue, 3, "generation 2, not 3"},
		{"Ready", metav1.ConditionFalse, 2, "Here: it is"},
		{"Other", metav1.ConditionTrue, 2, "no condition Other"},
	} {
		err := Met(conditions, c.kind, c.status, c.generation)
		if c.lacks == "" && err != nil || c.lacks != "" && (err == nil || !strings.Contains(err.Error(), c.lacks)) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestWaitTellsWhatIsLacking(t *testing.T) {
	lacking := errors.New("no address")
	err := Wait(t.Context(), "the Gateway", 2*pollInterval, func(context.Context) error { return lacking })
	if !errors.Is(err, lacking) || !strings.HasPrefix(err.Error(), "the Gateway") {
		t.Errorf("got %v", err)
	}
	calls := 0
	err = Wait(t.Context(), "twice", time.Minute, func(context.Context) error {
		if calls++; calls < 2 {
			return lacking
		}
		return nil
	})
	if err != nil || calls != 2 {
		t.Errorf("%d calls, %v", calls, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Wait(ctx, "given up", time.Minute, func(context.Context) error { return lacking }); !errors.Is(err, context.Canceled) {
		t.Errorf("a wait that was given up: %v", err)
	}
}
