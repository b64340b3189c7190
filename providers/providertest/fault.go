package providertest

import (
	"context"
	"fmt"
	"sync"
)

// way is a way in which a mutation can go wrong.
type way string

const (
	// refused: the call fails and changes nothing.
	refused way = "an error"
	// lost: the call succeeds, and its reply is lost.
	lost way = "a lost reply"
	// cut: the hub ends before the call is made.
	cut way = "a cut before it"
	// cutAfter: the hub ends after the call was made.
	cutAfter way = "a cut after it"
)

var ways = []way{refused, lost, cut, cutAfter}

// fault strikes mutations.
type fault struct {
	way way
	// at is which mutation is struck first, from 1; with forever, so is every
	// later one.
	at      int
	forever bool
	// end ends the hub's process.
	end context.CancelFunc

	mu     sync.Mutex
	seen   int
	struck int
}

// due counts a call and reports whether it is struck. Once the process has
// ended every call is.
func (f *fault) due(call Call) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.struck > 0 && f.end != nil {
		return true
	}
	if !call.Mutates {
		return false
	}
	f.seen++
	if f.seen == f.at || f.forever && f.seen > f.at {
		f.struck++
		return true
	}
	return false
}

// fired reports whether anything was struck.
func (f *fault) fired() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.struck > 0
}

// strike answers a call that is struck.
func (f *fault) strike(ctx context.Context, do func(context.Context) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch f.way {
	case lost:
		if err := do(ctx); err != nil {
			return err
		}
	case cut:
		f.end()
		return context.Canceled
	case cutAfter:
		err := do(ctx)
		f.end()
		return err
	}
	return injected()
}

var (
	injections sync.Mutex
	request    int
)

// injected is an error as a network gives it: with words that are never the
// same twice.
func injected() error {
	injections.Lock()
	defer injections.Unlock()
	request++
	return fmt.Errorf("injected by the kit: connection reset, request id %d", request)
}
