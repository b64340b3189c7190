package main

import (
	"testing"
	"time"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

func TestTallyOfStatusWrites(t *testing.T) {
	at := func(second int64) time.Time { return time.Unix(second, 0) }
	counts := func(n int32, labels map[string]string) *gatewayv1.Gateway {
		gw := &gatewayv1.Gateway{}
		gw.Labels = labels
		gw.Status.Listeners = []gatewayv1.ListenerStatus{{AttachedRoutes: n}}
		return gw
	}
	y := tally{routes: 3}
	for _, step := range []struct {
		what   string
		see    *gatewayv1.Gateway
		second int64
		writes int
		right  time.Time
	}{
		{"what it was before is no write", counts(0, nil), 1, 0, time.Time{}},
		{"another count is one", counts(2, nil), 2, 1, time.Time{}},
		{"other metadata is none", counts(2, map[string]string{"a": "b"}), 3, 1, time.Time{}},
		{"right for the first time", counts(3, nil), 4, 2, at(4)},
		{"right again does not set the clock back", counts(3, map[string]string{"a": "c"}), 5, 2, at(4)},
		{"too many is wrong", counts(4, nil), 6, 3, time.Time{}},
		{"right at last", counts(3, nil), 7, 4, at(7)},
		{"no listener is wrong", &gatewayv1.Gateway{}, 8, 5, time.Time{}},
	} {
		y.see(step.see, at(step.second))
		if y.writes != step.writes || !y.right.Equal(step.right) {
			t.Errorf("%s: %d writes, right since %v; want %d, %v", step.what, y.writes, y.right, step.writes, step.right)
		}
	}
}
