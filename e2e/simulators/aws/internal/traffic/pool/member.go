package pool

import (
	"context"
	"sync/atomic"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// Member is a registered target. It is replaced, never changed, when its registration or health changes; what is under
// way counts on through replacements.
type Member struct {
	traffic.Target
	health      traffic.Health
	warmingFrom time.Time
	first       bool // registered while no target was healthy, and not healthy or unhealthy since

	outstanding *atomic.Int64
	here        context.Context // until its registration ends
	part        context.CancelFunc
	well        context.Context // until it becomes unhealthy; then there is another
	sicken      context.CancelFunc
}

func newMember(t traffic.Target, first bool) *Member {
	m := &Member{
		Target:      t,
		health:      traffic.Health{State: traffic.Initial},
		first:       first,
		outstanding: &atomic.Int64{},
	}
	m.here, m.part = context.WithCancel(context.Background())
	m.well, m.sicken = context.WithCancel(m.here)
	return m
}

// changed is the member with another registration under the same key.
func (m *Member) changed(t traffic.Target) *Member {
	next := *m
	next.Target = t
	return &next
}

// Healthy says whether probing finds it healthy.
func (m *Member) Healthy() bool { return m.health.State == traffic.Healthy }

// Outstanding counts requests or flows under way.
func (m *Member) Outstanding() int64 { return m.outstanding.Load() }

// Begin counts a request or flow until the returned function is called.
func (m *Member) Begin() (end func()) {
	m.outstanding.Add(1)
	return func() { m.outstanding.Add(-1) }
}

// OnGone calls f when the target's registration ends, unless stopped before.
func (m *Member) OnGone(f func()) (stop func() bool) { return context.AfterFunc(m.here, f) }

// OnUnhealthy calls f when the target becomes unhealthy while others are healthy, unless stopped before.
func (m *Member) OnUnhealthy(f func()) (stop func() bool) { return context.AfterFunc(m.well, f) }

// Gone says whether the registration has ended.
func (m *Member) Gone() bool { return m.here.Err() != nil }
