// Package pool holds target groups as traffic sees them: which targets may have the next request or flow, by health,
// zone, weight of a slow start, and the group's algorithm.
package pool

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// Group is a target group. A change makes another view; picking reads the view of the moment and takes no lock.
type Group struct {
	arn  string
	view atomic.Pointer[view]
	turn atomic.Uint64

	mu      sync.Mutex // over what views are made of
	config  traffic.TargetGroup
	members []*Member
}

// newGroup is an empty group.
func newGroup(arn string) *Group {
	g := &Group{arn: arn}
	g.renew()
	return g
}

// Config is the group's configuration. It is not to be changed.
func (g *Group) Config() *traffic.TargetGroup { return &g.view.Load().config }

// SetConfig replaces the configuration.
func (g *Group) SetConfig(config traffic.TargetGroup) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.config = config
	g.renew()
}

// SetTargets replaces the targets. One that stays keeps its health; what one that goes is still doing is cut: "The
// deregistration delay period elapsed for a request being handled by a target that was deregistered" (Troubleshoot).
func (g *Group) SetTargets(targets []traffic.Target) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before := make(map[traffic.Key]*Member, len(g.members))
	first := true // no target is healthy yet
	for _, m := range g.members {
		before[m.Key()] = m
		first = first && !m.Healthy()
	}
	after := make([]*Member, 0, len(targets))
	for _, t := range targets {
		m, ok := before[t.Key()]
		if !ok {
			m = newMember(t, first)
		} else if m.Target != t {
			m = m.changed(t)
		}
		delete(before, t.Key())
		after = append(after, m)
	}
	g.members = after
	g.renew()
	for _, m := range before {
		m.part()
	}
}

// SetHealth tells the group what probing found.
func (g *Group) SetHealth(key traffic.Key, health traffic.Health, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, m := range g.members {
		if m.Key() != key {
			continue
		}
		next := *m
		next.health = health
		next.warmingFrom = g.warmingFrom(m, health, now)
		next.first = m.first && health.State == traffic.Initial
		g.members[i] = &next
		changed := newView(g.config, g.members)
		if health.State == traffic.Unhealthy && !slices.Contains(changed.all, &next) {
			next.well, next.sicken = context.WithCancel(next.here)
			defer m.sicken()
		}
		g.view.Store(changed)
		return
	}
}

// warmingFrom is when a target's slow start began, or zero. "Newly registered targets enter slow start mode only when
// there is at least one healthy target that is not in slow start mode": those registered together as the first do not.
// One that becomes unhealthy leaves it, to begin anew (Slow start mode).
func (g *Group) warmingFrom(m *Member, health traffic.Health, now time.Time) time.Time {
	duration := g.config.Attributes.Seconds(slowStart, 0)
	if duration == 0 || health.State != traffic.Healthy || m.first {
		return time.Time{}
	}
	if m.health.State == traffic.Healthy {
		return m.warmingFrom
	}
	for _, other := range g.members {
		if other.Key() != m.Key() && other.health.State == traffic.Healthy && now.Sub(other.warmingFrom) >= duration {
			return now
		}
	}
	return time.Time{}
}

// close cuts what targets are still doing.
func (g *Group) close() {
	g.SetTargets(nil)
}

// renew makes the view of what is set. The lock is held, but for a new group.
func (g *Group) renew() { g.view.Store(newView(g.config, g.members)) }

// Pick chooses a target for a request that came to a zone's node, or nil when there is none. CrossZone is the load
// balancer's own setting, which the group may override.
func (g *Group) Pick(zone string, crossZone bool, now time.Time) *Member {
	v := g.view.Load()
	members := v.routable(zone, crossZone)
	if len(members) == 0 {
		return nil
	}
	switch v.algorithm {
	case "least_outstanding_requests":
		return leastOutstanding(members, int(g.turn.Add(1)%uint64(len(members))))
	case "weighted_random":
		// Anomaly mitigation is not simulated: weights are equal (Routing algorithm).
		return members[rand.IntN(len(members))]
	default:
		return g.roundRobin(v, members, now)
	}
}

// roundRobin takes turns. A target in slow start lets its turn pass with a chance that falls in a line to zero.
func (g *Group) roundRobin(v *view, members []*Member, now time.Time) *Member {
	var m *Member
	for range members {
		m = members[g.turn.Add(1)%uint64(len(members))]
		if v.slowStart == 0 || m.warmingFrom.IsZero() {
			return m
		}
		if share := float64(now.Sub(m.warmingFrom)) / float64(v.slowStart); rand.Float64() < share {
			return m
		}
	}
	return m
}

func leastOutstanding(members []*Member, from int) *Member {
	best := members[from]
	for i := range members {
		if m := members[(from+i)%len(members)]; m.Outstanding() < best.Outstanding() {
			best = m
		}
	}
	return best
}

// PickFlow chooses a target by a flow's hash: equal hashes have the same target while targets stay.
func (g *Group) PickFlow(zone string, crossZone bool, hash uint64) *Member {
	members := g.view.Load().routable(zone, crossZone)
	if len(members) == 0 {
		return nil
	}
	return members[hash%uint64(len(members))]
}

// Find is the target that a cookie remembers, if it may still have requests.
func (g *Group) Find(key traffic.Key, zone string, crossZone bool) *Member {
	for _, m := range g.view.Load().routable(zone, crossZone) {
		if m.Key() == key {
			return m
		}
	}
	return nil
}
