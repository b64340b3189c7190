package elbv2

import (
	"strconv"
	"time"
)

// drain begins a target's way out. It takes the deregistration delay, or no
// time at all if no load balancer sends to the group or nothing is to be waited
// for.
func (r *region) drain(g *group, m *member) {
	seconds, _ := strconv.Atoi(g.attributes().Get(g.Attributes, "deregistration_delay.timeout_seconds"))
	delay := time.Duration(seconds) * time.Second
	if delay == 0 || len(r.users[g.arn()]) == 0 {
		r.members.Delete(m.key())
		return
	}
	m = copyOf(m)
	m.Drained = r.now().Add(delay)
	r.members.Put(m.key(), m)
	r.awaitDrained(m)
}

// awaitDrained takes a draining target away at its time, unless it was registered again by then.
func (r *region) awaitDrained(m *member) {
	r.after(m.Drained.Sub(r.now()), func() {
		now, there := r.members.Get(m.key())
		if !there || !now.Drained.Equal(m.Drained) {
			return
		}
		r.members.Delete(m.key())
		if g, there := r.groups.Get(m.Group); there {
			r.carryTargets(g)
		}
	})
}

// resumeMember notes a target that was loaded.
func (r *region) resumeMember(m *member) {
	if m.draining() {
		r.awaitDrained(m)
		return
	}
	r.sizes[m.Group]++
	if r.registering(m) {
		r.awaitRegistered(m.Group, m.Registered.Add(r.service.Delays.Registration).Sub(r.now()))
	}
}

// registering tells whether a target's registration is not through yet.
func (r *region) registering(m *member) bool {
	return r.now().Before(m.Registered.Add(r.service.Delays.Registration))
}

// registered tells the carrier of a group's new targets, once their registration is through.
func (r *region) registered(g *group) {
	if r.service.Delays.Registration == 0 {
		r.carryTargets(g)
		return
	}
	r.awaitRegistered(g.arn(), r.service.Delays.Registration)
}

func (r *region) awaitRegistered(group string, delay time.Duration) {
	r.after(delay, func() {
		if g, there := r.groups.Get(group); there {
			r.carryTargets(g)
		}
	})
}
