package nlb

import (
	"hash/maphash"
	"net/netip"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/pool"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/rule"
)

// flow is what connections and datagrams are told apart by.
type flow struct {
	protocol      string
	source, local netip.AddrPort
}

// choose is the group and target for a new flow, or nil. "For TCP traffic, the load balancer selects a target using a
// flow hash algorithm based on the protocol, source IP address, source port, destination IP address, destination port,
// and TCP sequence number" (How Elastic Load Balancing works); a group with source_ip stickiness goes by the source's
// address alone. With several groups, the hash picks by weight.
func (l *Listener) choose(f flow) (*traffic.TargetGroup, *pool.Member) {
	settings := l.settings.Load()
	matched := settings.table.Match(&rule.Request{Source: f.source.Addr()})
	forward := matched.Action().Forward
	if forward == nil {
		return nil, nil
	}
	hash := maphash.Comparable(l.balancer.seed, f)
	group := l.balancer.world.Groups.Get(rule.Pick(forward, "", float64(hash>>11)/(1<<53)))
	config := group.Config()
	if config.Attributes.Bool("stickiness.enabled", false) {
		hash = maphash.Comparable(l.balancer.seed, f.source.Addr())
	}
	b := l.balancer.settings.Load()
	return config, group.PickFlow(b.zones[f.local.Addr().Unmap()], b.crossZone, hash)
}
