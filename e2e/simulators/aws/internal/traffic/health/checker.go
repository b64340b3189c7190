package health

import (
	"context"
	"sync"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// Clock is the simulator's time.
type Clock interface {
	Now() time.Time
	// After is closed or receives once the duration has passed.
	After(d time.Duration) <-chan time.Time
}

// Checker probes the targets of all groups that are in use.
type Checker struct {
	clock    Clock
	onChange func(traffic.Change)
	prober   *prober

	ctx  context.Context
	stop context.CancelFunc
	done sync.WaitGroup

	mu     sync.Mutex
	groups map[string]*group
}

// group is a target group with a watch per target that is probed.
type group struct {
	config  traffic.TargetGroup
	targets []traffic.Target
	watches map[traffic.Key]*watch
}

// watch is one target's probing.
type watch struct {
	stop   context.CancelFunc
	again  chan struct{} // the health check or the target changed: probe now
	health traffic.Health
	since  time.Time // of the health's state
}

// New makes a checker that ends with Close. OnChange is told of each change of a target's health that probing found,
// one at a time for a target; it may call the checker.
func New(clock Clock, onChange func(traffic.Change)) *Checker {
	ctx, stop := context.WithCancel(context.Background())
	return &Checker{clock: clock, onChange: onChange, prober: newProber(), ctx: ctx, stop: stop, groups: map[string]*group{}}
}

// Close ends all probing and waits for it.
func (c *Checker) Close() {
	c.stop()
	c.done.Wait()
}

// SetGroup adds or replaces a group's configuration.
func (c *Checker) SetGroup(config traffic.TargetGroup) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.group(config.ARN)
	if g.config.HealthCheck != config.HealthCheck || g.config.ProtocolVersion != config.ProtocolVersion {
		for _, w := range g.watches {
			w.wake()
		}
	}
	g.config = config
	c.settle(config.ARN, g)
}

// SetTargets replaces a group's targets.
func (c *Checker) SetTargets(arn string, targets []traffic.Target) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.group(arn)
	g.targets = targets
	c.settle(arn, g)
}

// Remove ends a group's probing.
func (c *Checker) Remove(arn string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g, ok := c.groups[arn]; ok {
		g.targets = nil
		c.settle(arn, g)
		delete(c.groups, arn)
	}
}

// Health is what is known of a target now.
func (c *Checker) Health(arn string, key traffic.Key) traffic.Health {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, ok := c.groups[arn]
	if !ok {
		return notRegistered
	}
	if w, ok := g.watches[key]; ok {
		return c.told(g, w)
	}
	for _, t := range g.targets {
		if t.Key() == key {
			return unwatched(g, t)
		}
	}
	return notRegistered
}

// told is the health that is told of a probed target. One that fails drains first, for the draining interval, if its
// connections are not cut (API, TargetGroupAttribute, those of Network Load Balancers).
func (c *Checker) told(g *group, w *watch) traffic.Health {
	const prefix = "target_health_state.unhealthy."
	drains := g.config.Attributes.Seconds(prefix+"draining_interval_seconds", 0)
	told := w.health
	if told.State == traffic.Unhealthy && !g.config.Attributes.Bool(prefix+"connection_termination.enabled", true) &&
		c.clock.Now().Before(w.since.Add(drains)) {
		told.State = traffic.UnhealthyDraining
	}
	return told
}

// unwatched is the health of a target that is not probed.
func unwatched(g *group, t traffic.Target) traffic.Health {
	switch {
	case !g.config.InUse:
		return notInUse
	case !g.config.HealthCheck.Enabled:
		return disabled
	case !t.Address.IsValid():
		return invalidState
	default:
		return initial
	}
}

func (c *Checker) group(arn string) *group {
	g, ok := c.groups[arn]
	if !ok {
		g = &group{watches: map[traffic.Key]*watch{}}
		c.groups[arn] = g
	}
	return g
}

// settle starts and ends watches so that they fit what is set. The lock is held.
func (c *Checker) settle(arn string, g *group) {
	wanted := map[traffic.Key]bool{}
	for _, t := range g.targets {
		if unwatched(g, t) != initial || t.Draining {
			continue
		}
		key := t.Key()
		wanted[key] = true
		if _, ok := g.watches[key]; ok {
			continue
		}
		ctx, stop := context.WithCancel(c.ctx)
		w := &watch{stop: stop, again: make(chan struct{}, 1), health: initial}
		g.watches[key] = w
		c.done.Go(func() { c.run(ctx, arn, key, w) })
	}
	for key, w := range g.watches {
		if !wanted[key] {
			w.stop()
			delete(g.watches, key)
		}
	}
}

func (w *watch) wake() {
	select {
	case w.again <- struct{}{}:
	default:
	}
}

// run probes a target until its watch ends. "The time that it takes for the target to respond does not affect the
// interval for the next health check request" (Health check settings).
func (c *Checker) run(ctx context.Context, arn string, key traffic.Key, w *watch) {
	verdict := judge{health: initial}
	for {
		config, target, ok := c.subject(arn, key)
		if !ok {
			return
		}
		next := c.clock.After(config.HealthCheck.Interval)
		result := c.prober.probe(ctx, config, target)
		if ctx.Err() != nil {
			return
		}
		c.tell(ctx, arn, key, w, verdict.observe(config.HealthCheck, result))
		select {
		case <-ctx.Done():
			return
		case <-next:
		case <-w.again:
		}
	}
}

// subject is what to probe now.
func (c *Checker) subject(arn string, key traffic.Key) (traffic.TargetGroup, traffic.Target, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g, ok := c.groups[arn]; ok {
		for _, t := range g.targets {
			if t.Key() == key {
				return g.config, t, true
			}
		}
	}
	return traffic.TargetGroup{}, traffic.Target{}, false
}

// tell reports a target's health if it changed, unless the watch ended meanwhile, and keeps it after that: what Health
// answers is already true for traffic.
func (c *Checker) tell(ctx context.Context, arn string, key traffic.Key, w *watch, health traffic.Health) {
	// Only this goroutine writes it.
	if ctx.Err() != nil || w.health == health {
		return
	}
	c.onChange(traffic.Change{TargetGroup: arn, Target: key, Health: health})
	c.mu.Lock()
	defer c.mu.Unlock()
	if w.health.State != health.State {
		w.since = c.clock.Now()
	}
	w.health = health
}
