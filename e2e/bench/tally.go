package main

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// tally follows the status of a Gateway that routes attach to.
type tally struct {
	// routes are how many the Gateway is to count.
	routes int
	// writes are the changes of the status so far; those of anything else of the Gateway do not count.
	writes int
	// right is since when the Gateway has counted all routes; zero if it does not, or no longer does.
	right time.Time

	status *gatewayv1.GatewayStatus
}

// see takes in the Gateway as it is at a time. The first one is what it was before, and no write.
func (t *tally) see(gw *gatewayv1.Gateway, now time.Time) {
	if t.status != nil && !equality.Semantic.DeepEqual(*t.status, gw.Status) {
		t.writes++
	}
	t.status = &gw.Status
	switch {
	case t.counted() != t.routes:
		t.right = time.Time{}
	case t.right.IsZero():
		t.right = now
	}
}

// counted is what the Gateway's one listener counts.
func (t *tally) counted() int {
	if t.status == nil || len(t.status.Listeners) != 1 {
		return -1
	}
	return int(t.status.Listeners[0].AttachedRoutes)
}
