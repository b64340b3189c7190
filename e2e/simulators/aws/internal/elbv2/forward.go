package elbv2

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

// checkForward judges the target groups that actions send to: that they exist,
// go with the listener, belong to no other load balancer, and that the load
// balancer has room for them and for their targets. The rule that is replaced,
// if any, does not count.
func (r *region) checkForward(b *balancer, front check.Front, actions []types.Action, replaced *rule) error {
	forwards := check.Forwards(actions)
	if len(forwards) == 0 {
		return nil
	}
	if b.kind() == types.LoadBalancerTypeEnumNetwork && len(forwards) > 1 && quic(front.Protocol) {
		// As AWS Load Balancer Controller has it: no weighted groups with QUIC.
		return api.Errorf("InvalidLoadBalancerAction", "Weighted target groups are not supported for listeners with protocol '%s'", front.Protocol)
	}
	after := maps.Clone(r.attached[b.arn()])
	if after == nil {
		after = map[string]int{}
	}
	if replaced != nil {
		for _, f := range replaced.forwards() {
			if after[*f.TargetGroupArn]--; after[*f.TargetGroupArn] == 0 {
				delete(after, *f.TargetGroupArn)
			}
		}
	}
	for _, f := range forwards {
		g, err := r.group(f.TargetGroupArn)
		if err != nil {
			return err
		}
		if err := r.checkGroup(b, front, g, len(forwards)); err != nil {
			return err
		}
		after[g.arn()]++
	}
	// [DOC quotas: 100 target groups per ALB, fixed]
	if b.application() && len(after) > r.quota(limitGroupsALB) {
		return api.Errorf("TooManyUniqueTargetGroupsPerLoadBalancer", "The maximum number of unique target groups has been reached for load balancer '%s': '%d'", b.arn(), r.quota(limitGroupsALB))
	}
	return r.roomForTargets(b, after, 0, nil)
}

func quic(p types.ProtocolEnum) bool {
	return p == types.ProtocolEnumQuic || p == types.ProtocolEnumTcpQuic
}

func (r *region) checkGroup(b *balancer, front check.Front, g *group, of int) error {
	if err := check.Compatible(front, g.View); err != nil {
		return err
	}
	if other := r.balancerOf(g.arn()); other != nil && other.arn() != b.arn() {
		return api.Errorf("TargetGroupAssociationLimit", "The following target groups cannot be associated with more than one load balancer: %s", g.arn())
	}
	lambda := g.View.TargetType == types.TargetTypeEnumLambda
	if !lambda && aws.ToString(g.View.VpcId) != aws.ToString(b.View.VpcId) {
		return api.Errorf("InvalidConfigurationRequest", "The following target groups are not in the VPC of the load balancer: %s", g.arn())
	}
	// [DOC "Target groups": an IPv6 group needs a dualstack load balancer]
	if g.View.IpAddressType == types.TargetGroupIpAddressTypeEnumIpv6 && b.View.IpAddressType == types.IpAddressTypeIpv4 {
		return api.Errorf("InvalidConfigurationRequest", "The target group '%s' with IP address type 'ipv6' needs a load balancer with IP address type 'dualstack'", g.arn())
	}
	// [DOC "Sticky sessions": application-based stickiness does not go with weighted groups]
	if of > 1 && g.appCookie() {
		return api.Errorf("InvalidLoadBalancerAction", "Target group '%s' with application-based stickiness cannot be used with weighted target groups", g.arn())
	}
	return nil
}

// appCookie tells whether an application's cookie makes a group's clients stick.
func (g *group) appCookie() bool {
	return g.Attributes["stickiness.type"] == "app_cookie" && g.Attributes["stickiness.enabled"] == "true"
}

// weighted tells whether a rule names a group beside others.
func (r *region) weighted(group string) bool {
	for arn := range r.users[group] {
		if u, _ := r.rules.Get(arn); len(u.forwards()) > 1 {
			return true
		}
	}
	return false
}

// roomForTargets judges how many targets a load balancer would have in its
// groups, with some more in addition. [DOC quotas]
func (r *region) roomForTargets(b *balancer, groups map[string]int, more int, added []*member) error {
	total := more
	for arn := range groups {
		total += r.sizes[arn]
	}
	limit := limitTargetsALB
	if !b.application() {
		limit = limitTargetsNLB
	}
	if total > r.quota(limit) {
		return api.Errorf("TooManyTargets", "The maximum number of targets has been reached for load balancer '%s': '%d'", b.arn(), r.quota(limit))
	}
	if b.application() {
		return r.roomForID(b, groups, total, added)
	}
	return r.roomInZones(b, groups, total, added)
}

// roomForID bounds how often one target ID may be registered with one load balancer.
func (r *region) roomForID(b *balancer, groups map[string]int, total int, added []*member) error {
	limit := r.quota(limitRegistrationsALB)
	if total <= limit {
		return nil
	}
	for id, n := range r.tally(groups, added, func(m *member) string { return m.ID }) {
		if n > limit {
			return api.Errorf("TooManyRegistrationsForTargetId", "Target '%s' has reached the maximum number of registrations for load balancer '%s': '%d'", id, b.arn(), limit)
		}
	}
	return nil
}

// roomInZones bounds how many targets a Network Load Balancer has in one zone,
// or in all if it balances across zones.
func (r *region) roomInZones(b *balancer, groups map[string]int, total int, added []*member) error {
	limit := r.quota(limitZoneTargetsNLB)
	if total <= limit {
		return nil
	}
	if b.Attributes["load_balancing.cross_zone.enabled"] == "true" {
		return api.Errorf("TooManyTargets", "The maximum number of targets has been reached for load balancer '%s' with cross-zone load balancing: '%d'", b.arn(), limit)
	}
	for zone, n := range r.tally(groups, added, func(m *member) string { return m.Zone }) {
		if n > limit && zone != "" {
			return api.Errorf("TooManyTargets", "The maximum number of targets in Availability Zone '%s' has been reached for load balancer '%s': '%d'", zone, b.arn(), limit)
		}
	}
	return nil
}

// tally counts the targets of groups, and those to be added, by something.
func (r *region) tally(groups map[string]int, added []*member, by func(*member) string) map[string]int {
	count := map[string]int{}
	for arn := range groups {
		for _, m := range r.membersOf(arn) {
			if !m.draining() {
				count[by(m)]++
			}
		}
	}
	for _, m := range added {
		count[by(m)]++
	}
	return count
}
