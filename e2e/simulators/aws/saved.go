package aws

import (
	"net/netip"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

// saved is what a simulator with a state file keeps of itself over restarts.
type saved struct{ values *store.Table[string, string] }

// The keys of what is saved.
const (
	lastMoment   = "last-moment"
	addressRange = "address-range"
)

func openSaved(db *store.DB) (saved, error) {
	values, err := store.NewTable[string, string](db, store.Scope{}, "simulator")
	return saved{values}, err
}

// start is the moment to begin at: now, or where the clock stood if that is
// later. Time that was advanced must not go back, or what is stored would be of
// the future.
func (s saved) start(now time.Time) time.Time {
	text, _ := s.values.Get(lastMoment)
	if last, err := time.Parse(time.RFC3339Nano, text); err == nil && last.After(now) {
		return last
	}
	return now
}

// end keeps where the clock stands: with each change that is written, and at the end.
func (s saved) end(moment time.Time) { s.values.Put(lastMoment, moment.Format(time.RFC3339Nano)) }

// addresses is the range that load balancers had, or one that is not valid.
func (s saved) addresses() netip.Prefix {
	text, _ := s.values.Get(addressRange)
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}

// claimed keeps the range that load balancers get addresses of.
func (s saved) claimed(prefix netip.Prefix) { s.values.Put(addressRange, prefix.String()) }
