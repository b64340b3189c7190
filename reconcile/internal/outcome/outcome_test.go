package outcome

import (
	"errors"
	"fmt"
	"testing"
	"time"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
)

const (
	invalid = gatewayv1.GatewayReasonInvalid
	pending = gatewayv1.GatewayReasonPending
)

func TestOf(t *testing.T) {
	as := func(k providers.Kind) error {
		return fmt.Errorf("apply: %w", &providers.Error{Kind: k, Message: string(k) + " m"})
	}
	const failed = "the provider failed and will be tried again; the hub's log says more"
	for name, c := range map[string]struct {
		err  error
		want Next
	}{
		"none":               {nil, Next{}},
		"foreign":            {errors.New("x"), Next{Backoff: true, Trouble: failed, Reason: pending}},
		"transient":          {as(""), Next{Backoff: true, Trouble: " m", Reason: pending}},
		"unknown kind":       {as("New"), Next{Backoff: true, Trouble: "New m", Reason: pending}},
		"no words":           {&providers.Error{Kind: providers.Denied}, Next{After: seldom, Trouble: failed, Reason: pending}},
		"no words at a gate": {&providers.Error{Kind: providers.Pending}, Next{After: soon}},
		"pending":            {as(providers.Pending), Next{After: soon}},
		"stale":              {as(providers.Stale), Next{Now: true}},
		"throttled":          {as(providers.Throttled), Next{After: soon, Trouble: "Throttled m", Reason: pending}},
		"invalid":            {as(providers.Invalid), Next{After: seldom, Trouble: "Invalid m", Reason: invalid}},
		"unsupported":        {as(providers.Unsupported), Next{After: seldom, Trouble: "Unsupported m", Reason: invalid}},
		"conflict":           {as(providers.Conflict), Next{After: seldom, Trouble: "Conflict m", Reason: invalid}},
		"quota":              {as(providers.Quota), Next{After: seldom, Trouble: "Quota m", Reason: gatewayv1.GatewayReasonNoResources}},
		"denied":             {as(providers.Denied), Next{After: seldom, Trouble: "Denied m", Reason: pending}},
		"own wait":           {&providers.Error{Kind: providers.Quota, After: time.Hour, Message: "m"}, Next{After: time.Hour, Trouble: "m", Reason: gatewayv1.GatewayReasonNoResources}},
		"own reason": {&providers.Error{Kind: providers.Invalid, Reason: "AddressNotUsable", Message: "m"},
			Next{After: seldom, Trouble: "m", Reason: gatewayv1.GatewayReasonAddressNotUsable}},
		"a reason of the provider's own": {&providers.Error{Kind: providers.Invalid, Reason: "NotFound", Message: "m"}, Next{After: seldom, Trouble: "m", Reason: invalid}},
		"joined": {fmt.Errorf("apply: %w", errors.Join(as(providers.Quota), as(providers.Pending), as(""))),
			Next{After: soon, Backoff: true, Trouble: "Quota m; and 1 more", Reason: gatewayv1.GatewayReasonNoResources}},
		"joined, all the same": {errors.Join(as(providers.Denied), as(providers.Denied)), Next{After: seldom, Trouble: "Denied m", Reason: pending}},
	} {
		if got := Of(c.err); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestEveryKindHasARow(t *testing.T) {
	for _, k := range []providers.Kind{"", providers.Invalid, providers.Unsupported, providers.Conflict, providers.Quota,
		providers.Denied, providers.Pending, providers.Throttled, providers.Stale} {
		if _, there := table[k]; !there {
			t.Errorf("kind %q has no row", k)
		}
	}
}
