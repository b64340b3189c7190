// Package outcome says what follows from a provider's error: when to try
// again, and what the Gateway's status says meanwhile. The whole table is
// here.
package outcome

import (
	"errors"
	"time"

	"fairway.dev/fairway/providers"
)

// Next is what to do after a round.
type Next struct {
	// After is when to come back at the latest; 0 means when something
	// changes.
	After time.Duration
	// Backoff asks for another try, later each time.
	Backoff bool
	// Now asks to observe and plan anew at once.
	Now bool
	// Trouble is what the status says, empty when all is well.
	Trouble string
}

// The waits between tries of errors that only somebody else can mend.
const (
	soon   = 10 * time.Second
	seldom = 2 * time.Minute
)

// Of gives what follows from err.
func Of(err error) Next {
	if err == nil {
		return Next{}
	}
	var e *providers.Error
	if !errors.As(err, &e) {
		return Next{Backoff: true, Trouble: "the provider failed and will be tried again; the hub's log says more"}
	}
	n := Next{After: e.After, Trouble: e.Message}
	switch e.Kind {
	case providers.Pending:
		n.Trouble = ""
		if n.After == 0 {
			n.After = soon
		}
	case providers.Stale:
		n.Now, n.Trouble = true, ""
	case providers.Throttled:
		if n.After == 0 {
			n.After = soon
		}
	case providers.Invalid, providers.Unsupported, providers.Conflict, providers.Quota, providers.Denied:
		if n.After == 0 {
			n.After = seldom
		}
	default:
		n.Backoff = true
	}
	return n
}
