package pool

import (
	"strconv"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// Attributes of target groups that decide about targets.
const (
	algorithm    = "load_balancing.algorithm.type"
	crossZone    = "load_balancing.cross_zone.enabled"
	slowStart    = "slow_start.duration_seconds"
	leastCount   = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count"
	leastPercent = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage"
)

// view is a group at one moment, ready to pick from.
type view struct {
	config    traffic.TargetGroup
	algorithm string
	slowStart time.Duration
	// crossZone is true, false, or empty for the load balancer's setting.
	crossZone string
	all       []*Member
	byZone    map[string][]*Member
}

func newView(config traffic.TargetGroup, members []*Member) *view {
	v := &view{
		config:    config,
		algorithm: config.Attributes.Text(algorithm, "round_robin"),
		slowStart: config.Attributes.Seconds(slowStart, 0),
		crossZone: config.Attributes[crossZone],
		all:       open(config.Attributes, members),
		byZone:    map[string][]*Member{},
	}
	zones := map[string]bool{"all": true}
	for _, m := range members {
		zones[m.Zone] = true
	}
	for zone := range zones {
		var in []*Member
		for _, m := range members {
			if m.Zone == zone || everywhere(m.Zone) {
				in = append(in, m)
			}
		}
		// "If cross-zone load balancing is off, [...] the thresholds apply to the number of targets in each enabled zone
		// separately" (Target group health).
		v.byZone[zone] = open(config.Attributes, in)
	}
	return v
}

// everywhere says that a target belongs to all zones: one outside the VPC, registered with "all".
func everywhere(zone string) bool { return zone == "" || zone == "all" }

// routable are the targets that a zone's node may use. "Turning off cross-zone load balancing is possible at the target
// group level" (Cross-zone load balancing).
func (v *view) routable(zone string, balancerCrossZone bool) []*Member {
	across := balancerCrossZone
	switch v.crossZone {
	case "true":
		across = true
	case "false":
		across = false
	}
	if across || zone == "" {
		return v.all
	}
	if members, ok := v.byZone[zone]; ok {
		return members
	}
	return v.byZone["all"]
}

// open are the healthy targets, or all of them when too few are healthy: "If the number of healthy targets is below
// this value, send traffic to all targets, including unhealthy targets" (Target group attributes), by default below one
// ("fails open", Health checks). Draining targets have nothing new, and a target without address is never reached.
func open(attributes traffic.Attributes, members []*Member) []*Member {
	var registered, healthy []*Member
	for _, m := range members {
		if m.Draining || !m.Address.IsValid() {
			continue
		}
		registered = append(registered, m)
		if m.health.State == traffic.Healthy || m.health.State == traffic.Unavailable {
			healthy = append(healthy, m)
		}
	}
	if len(healthy) < attributes.Int(leastCount, 1) {
		return registered
	}
	if percent, err := strconv.Atoi(attributes[leastPercent]); err == nil && len(healthy)*100 < percent*len(registered) {
		return registered
	}
	return healthy
}
