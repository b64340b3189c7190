// Package outcome says what follows from a provider's error: when to try
// again, and what the Gateway's status says meanwhile. The whole table is
// here.
package outcome

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

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
	// Trouble is what the status says, empty when all is well or under way.
	Trouble string
	// Reason is that of a Programmed condition that is False for the trouble.
	Reason gatewayv1.GatewayConditionReason
}

// The waits between tries of errors that only somebody else can mend.
const (
	soon   = 10 * time.Second
	seldom = 2 * time.Minute
)

// row is what follows from one kind of error.
type row struct {
	// after is the wait where the error names none.
	after   time.Duration
	backoff bool
	now     bool
	// silent kinds pass by themselves and are no trouble.
	silent bool
	reason gatewayv1.GatewayConditionReason
}

// table has a row for each kind of error.
var table = map[providers.Kind]row{
	providers.Invalid:     {after: seldom, reason: gatewayv1.GatewayReasonInvalid},
	providers.Unsupported: {after: seldom, reason: gatewayv1.GatewayReasonInvalid},
	providers.Conflict:    {after: seldom, reason: gatewayv1.GatewayReasonInvalid},
	providers.Quota:       {after: seldom, reason: gatewayv1.GatewayReasonNoResources},
	providers.Denied:      {after: seldom, reason: gatewayv1.GatewayReasonPending},
	providers.Pending:     {after: soon, silent: true, reason: gatewayv1.GatewayReasonPending},
	providers.Throttled:   {after: soon, reason: gatewayv1.GatewayReasonPending},
	providers.Stale:       {now: true, silent: true, reason: gatewayv1.GatewayReasonPending},
	"":                    {backoff: true, reason: gatewayv1.GatewayReasonPending},
}

// reasons are those that the specification has for a Gateway that is not
// programmed: a provider's own word is one of them, or for logs alone.
var reasons = []gatewayv1.GatewayConditionReason{
	gatewayv1.GatewayReasonInvalid, gatewayv1.GatewayReasonPending, gatewayv1.GatewayReasonNoResources,
	gatewayv1.GatewayReasonAddressNotAssigned, gatewayv1.GatewayReasonAddressNotUsable,
}

// Of gives what follows from err. Of several errors that were joined each has
// its say: the soonest wait holds, and the first trouble is told.
func Of(err error) Next {
	var next Next
	more := 0
	for _, e := range leaves(err) {
		one := of(e)
		next.Now, next.Backoff = next.Now || one.Now, next.Backoff || one.Backoff
		if one.After > 0 && (next.After == 0 || one.After < next.After) {
			next.After = one.After
		}
		switch {
		case one.Trouble == "" || one.Trouble == next.Trouble:
		case next.Trouble != "":
			more++
		default:
			next.Trouble, next.Reason = one.Trouble, one.Reason
		}
	}
	if more > 0 {
		next.Trouble += fmt.Sprintf("; and %d more", more)
	}
	return next
}

// wordless is said of errors that bring no words for a status.
const wordless = "the provider failed and will be tried again; the hub's log says more"

// of is what follows from one error.
func of(err error) Next {
	e, worded := errors.AsType[*providers.Error](err)
	if !worded {
		return Next{Backoff: true, Trouble: wordless, Reason: gatewayv1.GatewayReasonPending}
	}
	r, known := table[e.Kind]
	if !known {
		r = table[""]
	}
	n := Next{After: e.After, Backoff: r.backoff, Now: r.now, Trouble: cmp.Or(e.Message, wordless), Reason: r.reason}
	if n.After == 0 {
		n.After = r.after
	}
	if own := gatewayv1.GatewayConditionReason(e.Reason); slices.Contains(reasons, own) {
		n.Reason = own
	}
	if r.silent {
		n.Trouble, n.Reason = "", ""
	}
	return n
}

// leaves are the errors that were joined into err, or err itself.
func leaves(err error) []error {
	if err == nil {
		return nil
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		if _, is := inner.(*providers.Error); is { //nolint:errorlint // what is below a worded error is for logs
			return []error{inner}
		}
		joined, is := inner.(interface{ Unwrap() []error })
		if !is {
			continue
		}
		var all []error
		for _, e := range joined.Unwrap() {
			all = append(all, leaves(e)...)
		}
		return all
	}
	return []error{err}
}
