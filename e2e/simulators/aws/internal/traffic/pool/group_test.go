package pool

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// groupOf is a group of n targets, the first of them healthy.
func groupOf(attributes traffic.Attributes, n, healthy int) (*Group, []traffic.Target) {
	g := newGroup("g")
	g.SetConfig(traffic.TargetGroup{ARN: "g", Attributes: attributes})
	var targets []traffic.Target
	for i := range n {
		targets = append(targets, traffic.Target{ID: fmt.Sprint(i), Port: 80, Address: netip.MustParseAddr("10.0.0.1")})
	}
	g.SetTargets(targets)
	for i, target := range targets {
		state := traffic.Unhealthy
		if i < healthy {
			state = traffic.Healthy
		}
		g.SetHealth(target.Key(), traffic.Health{State: state}, now)
	}
	return g, targets
}

func picks(g *Group, at time.Time, n int) map[string]int {
	seen := map[string]int{}
	for range n {
		if m := g.Pick("", true, at); m != nil {
			seen[m.ID]++
		}
	}
	return seen
}

// TestThresholds opens a group to all its targets below its least count or percentage of healthy ones (Target group
// attributes).
func TestThresholds(t *testing.T) {
	for _, c := range []struct {
		attributes       traffic.Attributes
		n, healthy, want int
	}{
		{nil, 4, 4, 4},
		{nil, 4, 1, 1},
		{nil, 4, 0, 4},
		{traffic.Attributes{leastCount: "2"}, 4, 2, 2},
		{traffic.Attributes{leastCount: "3"}, 4, 2, 4},
		{traffic.Attributes{leastPercent: "50"}, 4, 2, 2},
		{traffic.Attributes{leastPercent: "51"}, 4, 2, 4},
		{traffic.Attributes{leastPercent: "off"}, 4, 1, 1},
		{nil, 0, 0, 0},
	} {
		g, _ := groupOf(c.attributes, c.n, c.healthy)
		if seen := picks(g, now, 40); len(seen) != c.want {
			t.Errorf("%+v: requests reach %v", c, seen)
		}
	}
}

// TestAlgorithms distributes by the group's algorithm (Routing algorithm).
func TestAlgorithms(t *testing.T) {
	g, _ := groupOf(nil, 4, 4)
	for id, n := range picks(g, now, 40) {
		if n != 10 {
			t.Errorf("round robin gave %s %d of 40", id, n)
		}
	}
	g, targets := groupOf(traffic.Attributes{algorithm: "least_outstanding_requests"}, 3, 3)
	for _, target := range targets[:2] {
		defer g.Find(target.Key(), "", true).Begin()()
	}
	if seen := picks(g, now, 10); seen["2"] != 10 {
		t.Errorf("least outstanding requests gave %v", seen)
	}
	g, _ = groupOf(traffic.Attributes{algorithm: "weighted_random"}, 4, 4)
	for id, n := range picks(g, now, 4000) {
		if n < 800 || n > 1200 {
			t.Errorf("weighted random gave %s %d of 4000", id, n)
		}
	}
}

// TestSlowStart gives a target that joins others a share that grows in a line (Slow start mode).
func TestSlowStart(t *testing.T) {
	g, _ := groupOf(traffic.Attributes{slowStart: "100"}, 2, 2)
	if seen := picks(g, now, 40); seen["0"] != 20 {
		t.Errorf("targets that were registered together gave %v", seen)
	}
	g, targets := groupOf(traffic.Attributes{slowStart: "100"}, 2, 2)
	g.SetTargets(targets[:1])
	g.SetTargets(targets)
	g.SetHealth(targets[1].Key(), traffic.Health{State: traffic.Healthy}, now)
	last := -1
	for _, after := range []time.Duration{0, 25, 50, 100} {
		seen := picks(g, now.Add(after*time.Second), 4000)
		if seen["1"] <= last {
			t.Errorf("after %d s its share is %d, before it was %d", after, seen["1"], last)
		}
		last = seen["1"]
	}
	if last != 2000 {
		t.Errorf("after its slow start it has %d of 4000", last)
	}
	g.SetHealth(targets[1].Key(), traffic.Health{State: traffic.Unhealthy}, now)
	g.SetHealth(targets[1].Key(), traffic.Health{State: traffic.Healthy}, now.Add(time.Hour))
	if seen := picks(g, now.Add(time.Hour), 100); seen["1"] != 0 {
		t.Errorf("healthy again it begins with %v", seen)
	}
}

// TestZones uses a zone's targets alone when the group turns cross-zone balancing off, and those outside the VPC in all.
func TestZones(t *testing.T) {
	g := newGroup("g")
	address := netip.MustParseAddr("10.0.0.1")
	targets := []traffic.Target{{ID: "a", Zone: "a", Address: address}, {ID: "b", Zone: "b", Address: address}, {ID: "out", Zone: "all", Address: address}}
	g.SetConfig(traffic.TargetGroup{Attributes: traffic.Attributes{crossZone: "false"}})
	g.SetTargets(targets)
	for zone, want := range map[string]int{"a": 2, "b": 2, "c": 1, "": 3} {
		seen := map[string]bool{}
		for range 10 {
			seen[g.Pick(zone, true, now).ID] = true
		}
		if len(seen) != want {
			t.Errorf("in zone %q requests reach %v", zone, seen)
		}
	}
	g.SetConfig(traffic.TargetGroup{Attributes: traffic.Attributes{crossZone: "true"}})
	if got := len(g.view.Load().routable("a", false)); got != 3 {
		t.Errorf("across zones there are %d targets", got)
	}
}

// TestGone keeps a target through changes and ends what it does with its registration.
func TestGone(t *testing.T) {
	groups := &Groups{}
	g := groups.Get("g")
	target := traffic.Target{ID: "a", Port: 80, Address: netip.MustParseAddr("10.0.0.1")}
	g.SetTargets([]traffic.Target{target})
	m := g.Pick("", true, now)
	gone := make(chan struct{})
	m.OnGone(func() { close(gone) })
	target.Draining = true
	g.SetTargets([]traffic.Target{target})
	if m.Gone() || g.Pick("", true, now) != nil {
		t.Error("a draining target is gone, or has requests")
	}
	groups.Remove("g")
	<-gone
	if groups.Get("g") == g {
		t.Error("a removed group is there yet")
	}
}

// BenchmarkHealth changes the health of one target of 1,000.
func BenchmarkHealth(b *testing.B) {
	g, targets := groupOf(nil, 1000, 1000)
	states := [2]traffic.State{traffic.Healthy, traffic.Unhealthy}
	i := 0
	for b.Loop() {
		g.SetHealth(targets[500].Key(), traffic.Health{State: states[i%2]}, now)
		i++
	}
}
