package outcome

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"fairway.dev/fairway/providers"
)

func TestOf(t *testing.T) {
	as := func(k providers.Kind) error {
		return fmt.Errorf("apply: %w", &providers.Error{Kind: k, Message: "m"})
	}
	for name, c := range map[string]struct {
		err  error
		want Next
	}{
		"none":        {nil, Next{}},
		"foreign":     {errors.New("x"), Next{Backoff: true, Trouble: "the provider failed and will be tried again; the hub's log says more"}},
		"transient":   {as(""), Next{Backoff: true, Trouble: "m"}},
		"pending":     {as(providers.Pending), Next{After: soon}},
		"stale":       {as(providers.Stale), Next{Now: true}},
		"throttled":   {as(providers.Throttled), Next{After: soon, Trouble: "m"}},
		"invalid":     {as(providers.Invalid), Next{After: seldom, Trouble: "m"}},
		"unsupported": {as(providers.Unsupported), Next{After: seldom, Trouble: "m"}},
		"conflict":    {as(providers.Conflict), Next{After: seldom, Trouble: "m"}},
		"quota":       {as(providers.Quota), Next{After: seldom, Trouble: "m"}},
		"denied":      {as(providers.Denied), Next{After: seldom, Trouble: "m"}},
		"own wait":    {&providers.Error{Kind: providers.Quota, After: time.Hour}, Next{After: time.Hour}},
	} {
		if got := Of(c.err); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}
