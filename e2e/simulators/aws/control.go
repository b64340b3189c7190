package aws

import (
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/fault"
	"fairway.dev/fairway/e2e/simulators/aws/internal/ledger"
)

// What tests steer the simulator with and look at.
type (
	// Fault makes calls go wrong; see the kinds.
	Fault = fault.Rule
	// Call is an entry of the ledger: one HTTP request.
	Call = ledger.Entry
	// CallCount is how often one client made a call with one outcome.
	CallCount = ledger.Row
)

// The kinds of faults.
const (
	FaultThrottle = fault.Throttle
	FaultError    = fault.Error
	FaultDenied   = fault.Denied
	FaultLost     = fault.Lost
	FaultCut      = fault.Cut
	FaultSlow     = fault.Slow
	FaultStale    = fault.Stale
)

// Now is the simulator's time.
func (s *Simulator) Now() time.Time { return s.clock.Now() }

// Advance steps the simulator's time. What becomes due on the way has happened
// when it returns, but for probes of targets and what else waits for the network.
func (s *Simulator) Advance(d time.Duration) { s.clock.Advance(d) }

// AddFault adds a fault rule and gives its id.
func (s *Simulator) AddFault(f Fault) (int64, error) { return s.faults.Add(f) }

// RemoveFault takes a fault rule away. It tells whether there was one.
func (s *Simulator) RemoveFault(id int64) bool { return s.faults.Remove(id) }

// ClearFaults takes all fault rules away.
func (s *Simulator) ClearFaults() { s.faults.Clear() }

// Mark is the number of the last call, to give to Calls later.
func (s *Simulator) Mark() int64 { return s.ledger.Mark() }

// Calls are the calls after a mark; 0 gives all.
func (s *Simulator) Calls(since int64) []Call { return s.ledger.Since(since) }

// CountCalls counts the calls after a mark by client, operation and outcome.
func (s *Simulator) CountCalls(since int64) []CallCount { return ledger.Summary(s.ledger.Since(since)) }

// ResetCalls forgets all calls.
func (s *Simulator) ResetCalls() { s.ledger.Reset() }

// SetThrottle multiplies AWS's token buckets, and fills them; 0 throttles nothing.
func (s *Simulator) SetThrottle(scale float64) { s.throttle.SetScale(scale) }

// SetQuota changes a limit of an account in a region by its name in
// DescribeAccountLimits; an empty account or region is that of Options. It tells
// whether there are such an account and such a limit. A state file keeps it.
func (s *Simulator) SetQuota(account, region, name string, value int) bool {
	scope, err := s.scope(account, region)
	return err == nil && s.services.limits.Set(scope, name, value)
}
