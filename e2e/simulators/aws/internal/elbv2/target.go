package elbv2

import (
	"cmp"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

func (s *Service) targetOperations() map[string]api.Operation {
	return map[string]api.Operation{
		"RegisterTargets":      writing(s, (*region).registerTargets),
		"DeregisterTargets":    writing(s, (*region).deregisterTargets),
		"DescribeTargetHealth": reading(s, (*region).describeTargetHealth),
	}
}

// registerTargets adds what is not there yet; a draining target comes back.
func (r *region) registerTargets(in *elb.RegisterTargetsInput) (*elb.RegisterTargetsOutput, error) {
	g, err := r.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	if len(in.Targets) == 0 {
		return nil, check.Invalid("At least one target must be specified")
	}
	added := map[string]*member{}
	for _, t := range in.Targets {
		m, err := r.member(g, t)
		if err != nil {
			return nil, err
		}
		if old, there := r.members.Get(m.key()); there && !old.draining() {
			if old.ServerID != m.ServerID {
				return nil, api.Errorf("InvalidTarget", "The server ID of the registered target '%s' cannot be modified", m.ID)
			}
			continue
		}
		added[m.key()] = m
	}
	if err := r.roomInGroup(g, slices.Collect(maps.Values(added))); err != nil {
		return nil, err
	}
	for key, m := range added {
		m.Registered = r.now()
		r.members.Put(key, m)
	}
	if len(added) > 0 {
		r.sizes[g.arn()] += len(added)
		r.registered(g)
	}
	return &elb.RegisterTargetsOutput{}, nil
}

// roomInGroup judges a group's size and its load balancer's, with more targets.
func (r *region) roomInGroup(g *group, added []*member) error {
	size := r.sizes[g.arn()] + len(added)
	single := g.View.TargetType == types.TargetTypeEnumLambda || g.View.TargetType == types.TargetTypeEnumAlb
	// [SDK types.TargetGroup.TargetType: "a single Lambda function", "a single Application Load Balancer"]
	if single && size > 1 {
		return api.Errorf("TooManyTargets", "A target group with target type '%s' can only have '1' target", g.View.TargetType)
	}
	if size > r.quota(limitTargetsGroup) {
		return api.Errorf("TooManyTargets", "The maximum number of targets has been reached for target group '%s': '%d'", g.arn(), r.quota(limitTargetsGroup))
	}
	if err := r.uniqueServers(g, added); err != nil {
		return err
	}
	if b := r.balancerOf(g.arn()); b != nil {
		return r.roomForTargets(b, r.attached[b.arn()], len(added), added)
	}
	return nil
}

// uniqueServers: server IDs are unique. [SDK types.TargetDescription.QuicServerId; here within the group]
func (r *region) uniqueServers(g *group, added []*member) error {
	if !quic(g.View.Protocol) {
		return nil
	}
	taken := map[string]string{}
	for _, m := range append(r.membersOf(g.arn()), added...) {
		if key, there := taken[m.ServerID]; there && key != m.key() {
			return api.Errorf("InvalidTarget", "The server ID '%s' is already used by another target", m.ServerID)
		}
		taken[m.ServerID] = m.key()
	}
	return nil
}

// deregisterTargets succeeds for targets that are not registered.
func (r *region) deregisterTargets(in *elb.DeregisterTargetsInput) (*elb.DeregisterTargetsOutput, error) {
	g, err := r.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	if len(in.Targets) == 0 {
		return nil, check.Invalid("At least one target must be specified")
	}
	gone := map[string]*member{}
	for _, t := range in.Targets {
		for _, m := range r.named(g, t) {
			if !m.draining() {
				gone[m.key()] = m
			}
		}
	}
	for _, m := range gone {
		r.drain(g, m)
	}
	if len(gone) > 0 {
		r.sizes[g.arn()] -= len(gone)
		r.carryTargets(g)
	}
	return &elb.DeregisterTargetsOutput{}, nil
}

// named are the registrations that a target of a request means: with a port
// that one; without one that of the group's port. [SDK DeregisterTargetsInput]
func (r *region) named(g *group, t types.TargetDescription) []*member {
	port := cmp.Or(aws.ToInt32(t.Port), aws.ToInt32(g.View.Port))
	if g.View.TargetType == types.TargetTypeEnumLambda {
		port = 0
	}
	wished := member{Group: g.arn(), ID: aws.ToString(t.Id), Port: port}
	if m, there := r.members.Get(wished.key()); there {
		return []*member{m}
	}
	return nil
}

// groupTargeting is a group of type alb that has a load balancer as its target,
// at a port unless that is 0.
func (r *region) groupTargeting(balancer string, port int32) string {
	for _, g := range r.groups.All() {
		if g.View.TargetType != types.TargetTypeEnumAlb || port != 0 && aws.ToInt32(g.View.Port) != port {
			continue
		}
		for _, m := range r.membersOf(g.arn()) {
			if m.ID == balancer && !m.draining() {
				return g.arn()
			}
		}
	}
	return ""
}
