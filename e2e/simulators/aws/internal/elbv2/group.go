package elbv2

import (
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

func (s *Service) groupOperations() map[string]api.Operation {
	return map[string]api.Operation{
		"CreateTargetGroup":             writing(s, (*region).createTargetGroup),
		"DescribeTargetGroups":          reading(s, (*region).describeTargetGroups),
		"ModifyTargetGroup":             writing(s, (*region).modifyTargetGroup),
		"DeleteTargetGroup":             writing(s, (*region).deleteTargetGroup),
		"DescribeTargetGroupAttributes": reading(s, (*region).describeTargetGroupAttributes),
		"ModifyTargetGroupAttributes":   writing(s, (*region).modifyTargetGroupAttributes),
	}
}

// putGroup stores a group and tells the carrier, if it knows it.
func (r *region) putGroup(g *group) {
	r.groups.Put(g.arn(), g)
	r.carryGroup(g)
}

// createTargetGroup gives the one that exists if it was made with equal
// settings. [SDK: idempotent]
func (r *region) createTargetGroup(in *elb.CreateTargetGroupInput) (*elb.CreateTargetGroupOutput, error) {
	view := types.TargetGroup{
		TargetGroupName: in.Name, Protocol: in.Protocol, ProtocolVersion: in.ProtocolVersion, Port: in.Port, VpcId: in.VpcId,
		TargetType: in.TargetType, IpAddressType: in.IpAddressType, TargetControlPort: in.TargetControlPort, Matcher: in.Matcher,
		HealthCheckEnabled: in.HealthCheckEnabled, HealthCheckIntervalSeconds: in.HealthCheckIntervalSeconds,
		HealthCheckPath: in.HealthCheckPath, HealthCheckPort: in.HealthCheckPort, HealthCheckProtocol: in.HealthCheckProtocol,
		HealthCheckTimeoutSeconds: in.HealthCheckTimeoutSeconds,
		HealthyThresholdCount:     in.HealthyThresholdCount, UnhealthyThresholdCount: in.UnhealthyThresholdCount,
	}
	if err := check.Group(&view); err != nil {
		return nil, err
	}
	if err := check.Tags(in.Tags); err != nil {
		return nil, err
	}
	if vpc := aws.ToString(view.VpcId); vpc != "" {
		if _, there := r.service.Network.VPC(r.scope, vpc); !there {
			return nil, check.Invalid("The VPC ID '%s' is not found", vpc)
		}
	}
	if arn, there := r.groupNames[*in.Name]; there {
		g, _ := r.groups.Get(arn)
		same := g.View
		same.TargetGroupArn = nil
		if !reflect.DeepEqual(same, view) {
			return nil, api.Errorf("DuplicateTargetGroupName", "A target group with the same name '%s' exists, but with different settings", *in.Name)
		}
		return &elb.CreateTargetGroupOutput{TargetGroups: []types.TargetGroup{r.describeGroup(g)}}, nil
	}
	if r.groups.Len() >= r.quota(limitGroups) {
		return nil, api.Errorf("TooManyTargetGroups", "The maximum number of target groups has been reached: '%d'", r.quota(limitGroups))
	}
	view.TargetGroupArn = aws.String(arnOf(r.scope, pathGroup+"/"+*in.Name+"/"+newID()))
	g := &group{View: view, Attributes: map[string]string{}, Tags: in.Tags}
	r.groupNames[*in.Name] = g.arn()
	r.putGroup(g)
	return &elb.CreateTargetGroupOutput{TargetGroups: []types.TargetGroup{r.describeGroup(g)}}, nil
}

// describeGroup is a group with the load balancer that it belongs to.
func (r *region) describeGroup(g *group) types.TargetGroup {
	view := g.View
	view.LoadBalancerArns = []string{}
	if b := r.balancerOf(g.arn()); b != nil {
		view.LoadBalancerArns = append(view.LoadBalancerArns, b.arn())
	}
	return view
}

func (r *region) describeTargetGroups(in *elb.DescribeTargetGroupsInput) (*elb.DescribeTargetGroupsOutput, error) {
	found, err := r.wantedGroups(in)
	if err != nil {
		return nil, err
	}
	found, next, err := page(found, (*group).arn, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &elb.DescribeTargetGroupsOutput{NextMarker: next}
	for _, g := range found {
		out.TargetGroups = append(out.TargetGroups, r.describeGroup(g))
	}
	return out, nil
}

func (r *region) wantedGroups(in *elb.DescribeTargetGroupsInput) ([]*group, error) {
	kinds := 0
	for _, given := range []bool{in.LoadBalancerArn != nil, len(in.Names) > 0, len(in.TargetGroupArns) > 0} {
		if given {
			kinds++
		}
	}
	if kinds > 1 {
		return nil, check.Invalid("Target group names, target group ARNs and a load balancer ARN cannot be specified at the same time")
	}
	if err := batch(len(in.Names)+len(in.TargetGroupArns), "target groups"); err != nil {
		return nil, err
	}
	arns := slices.Clone(in.TargetGroupArns)
	if in.LoadBalancerArn != nil {
		if _, err := r.balancer(in.LoadBalancerArn); err != nil {
			return nil, err
		}
		for arn := range r.attached[*in.LoadBalancerArn] {
			arns = append(arns, arn)
		}
	}
	for _, name := range in.Names {
		arn, there := r.groupNames[name]
		if !there {
			return nil, errNoGroup
		}
		arns = append(arns, arn)
	}
	var found []*group
	if kinds == 0 {
		for _, g := range r.groups.All() {
			found = append(found, g)
		}
	}
	for _, arn := range slices.Compact(slices.Sorted(slices.Values(arns))) {
		g, err := r.group(&arn)
		if err != nil {
			return nil, err
		}
		found = append(found, g)
	}
	return found, nil
}

// modifyTargetGroup changes the health check: nothing else of a group can change.
func (r *region) modifyTargetGroup(in *elb.ModifyTargetGroupInput) (*elb.ModifyTargetGroupOutput, error) {
	old, err := r.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	g := copyOf(old)
	v := &g.View
	given(&v.HealthCheckEnabled, in.HealthCheckEnabled)
	given(&v.HealthCheckIntervalSeconds, in.HealthCheckIntervalSeconds)
	given(&v.HealthCheckTimeoutSeconds, in.HealthCheckTimeoutSeconds)
	given(&v.HealthyThresholdCount, in.HealthyThresholdCount)
	given(&v.UnhealthyThresholdCount, in.UnhealthyThresholdCount)
	given(&v.HealthCheckPort, in.HealthCheckPort)
	if in.HealthCheckProtocol != "" && in.HealthCheckProtocol != v.HealthCheckProtocol {
		v.HealthCheckProtocol = in.HealthCheckProtocol
		if v.HealthCheckProtocol == types.ProtocolEnumTcp {
			v.HealthCheckPath, v.Matcher = nil, nil
		}
	}
	given(&v.HealthCheckPath, in.HealthCheckPath)
	given(&v.Matcher, in.Matcher)
	check.HealthDefaults(v)
	if err := check.Health(*v); err != nil {
		return nil, err
	}
	r.putGroup(g)
	return &elb.ModifyTargetGroupOutput{TargetGroups: []types.TargetGroup{r.describeGroup(g)}}, nil
}

func given[T any](value **T, wished *T) {
	if wished != nil {
		*value = wished
	}
}

// deleteTargetGroup succeeds for one that does not exist: the model has no
// TargetGroupNotFound for it. [V1]
func (r *region) deleteTargetGroup(in *elb.DeleteTargetGroupInput) (*elb.DeleteTargetGroupOutput, error) {
	if err := wantARN(pathGroup, aws.ToString(in.TargetGroupArn)); err != nil {
		return nil, err
	}
	g, there := r.groups.Get(*in.TargetGroupArn)
	if !there {
		return &elb.DeleteTargetGroupOutput{}, nil
	}
	// As clients see it: ResourceInUse for a while after the last rule is gone.
	lagging := !g.Released.IsZero() && r.now().Before(g.Released.Add(r.service.Delays.ReleaseLag))
	if len(r.users[g.arn()]) > 0 || lagging {
		return nil, api.Errorf("ResourceInUse", "Target group '%s' is currently in use by a listener or a rule", g.arn())
	}
	for _, m := range r.membersOf(g.arn()) {
		r.members.Delete(m.key())
	}
	delete(r.sizes, g.arn())
	delete(r.users, g.arn())
	delete(r.groupNames, g.name())
	r.groups.Delete(g.arn())
	r.uncarryGroup(g)
	return &elb.DeleteTargetGroupOutput{}, nil
}
