package providers

import (
	"errors"
	"time"

	"fairway.dev/fairway/providers/plan"
)

// Kind sorts errors by what core does about them. The zero Kind is a passing
// fault: try again, waiting longer each time.
type Kind string

// The kinds of error.
const (
	// Invalid: what is wished makes no sense to the provider.
	Invalid Kind = "Invalid"
	// Unsupported: the provider cannot express it.
	Unsupported Kind = "Unsupported"
	// Conflict: an object that is not ours is in the way. It is never touched.
	Conflict Kind = "Conflict"
	// Quota: a limit of the account is reached.
	Quota Kind = "Quota"
	// Denied: our credentials do not allow it.
	Denied Kind = "Denied"
	// Pending: under way; look again after After, or when woken.
	Pending Kind = "Pending"
	// Throttled: the provider's API asks for fewer calls.
	Throttled Kind = "Throttled"
	// Stale: what was observed is no longer so; observe and plan again now.
	Stale Kind = "Stale"
)

// Error is the one error type that providers answer with.
type Error struct {
	Kind Kind
	// After is how long to wait before trying again; 0 leaves it to core.
	After time.Duration
	// Reason is a CamelCase word for a condition.
	Reason string
	// Message is for a status: stable between tries (no request ids, no
	// times), naming what is at fault and the remedy.
	Message string
	// Subject is the wished object at fault, if one is.
	Subject plan.Subject
	// Err is the cause, for logs only.
	Err error
}

// Error is the message and the cause, for logs.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	if e.Message == "" {
		return e.Err.Error()
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf is the Kind of the first Error in err's chain, and zero for any
// other error.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}
