package providertest

import (
	"context"
	"sync"
)

// ledger counts the calls of a world's providers, and makes one of them fail
// where a property asks for it.
type ledger struct {
	mu    sync.Mutex
	calls []Call
	// fault is consulted before each call.
	fault *fault
	// seen is told of each mutation that was made.
	seen func(Call)
	// paid is asked before each call whether it was paid for.
	paid func(context.Context, Call)
}

// around is the ledger's [Around].
func (l *ledger) around(ctx context.Context, call Call, do func(context.Context) error) error {
	l.mu.Lock()
	l.calls = append(l.calls, call)
	fault, seen, paid := l.fault, l.seen, l.paid
	l.mu.Unlock()
	if paid != nil {
		paid(ctx, call)
	}
	if fault != nil && fault.due(call) {
		return fault.strike(ctx, do)
	}
	err := do(ctx)
	if seen != nil && call.Mutates {
		seen(call)
	}
	return err
}

// since gives the calls that were made from a mark on; mark 0 is the begin.
func (l *ledger) since(mark int) (mutations, reads []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.calls[mark:] {
		if c.Mutates {
			mutations = append(mutations, c.Name)
		} else {
			reads = append(reads, c.Name)
		}
	}
	return mutations, reads
}

// mark is the place in the ledger that is now.
func (l *ledger) mark() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.calls)
}

// arm sets what happens to calls from now on; nil means nothing.
func (l *ledger) arm(f *fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = f
}

// watch has f told of each mutation from now on.
func (l *ledger) watch(f func(Call)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = f
}

// charge has f asked before each call from now on.
func (l *ledger) charge(f func(context.Context, Call)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.paid = f
}
