package elbv2

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// health makes the API's words. [SDK types.TargetHealth: reasons; DOC "Health checks for your target groups": descriptions]
func health(state types.TargetHealthStateEnum, reason types.TargetHealthReasonEnum, description string) *types.TargetHealth {
	h := &types.TargetHealth{State: state, Reason: reason}
	if description != "" {
		h.Description = aws.String(description)
	}
	return h
}

// healthOf is a registered target's health now. What the rules and the time do
// not say, the carrier's probes do.
func (r *region) healthOf(g *group, b *balancer, m *member) *types.TargetHealth {
	switch {
	case m.draining():
		return health(types.TargetHealthStateEnumDraining, types.TargetHealthReasonEnumDeregistrationInProgress, "Target deregistration is in progress")
	case b == nil:
		// Weight 0 counts as a use. [SDK types.TargetHealth: Target.NotInUse]
		return health(types.TargetHealthStateEnumUnused, types.TargetHealthReasonEnumNotInUse, "Target group is not configured to receive traffic from the load balancer")
	case !b.reaches(m):
		return health(types.TargetHealthStateEnumUnused, types.TargetHealthReasonEnumNotInUse, "Target is in an Availability Zone that is not enabled for the load balancer")
	}
	if g.View.TargetType == types.TargetTypeEnumInstance {
		if i, there := r.service.Network.Instance(r.scope, m.ID); !there || i.State != "running" {
			return health(types.TargetHealthStateEnumUnused, types.TargetHealthReasonEnumInvalidState, "Target is in the stopped state")
		}
	}
	if !aws.ToBool(g.View.HealthCheckEnabled) {
		return health(types.TargetHealthStateEnumUnavailable, types.TargetHealthReasonEnumHealthCheckDisabled, "Health checks are not enabled for this target")
	}
	if !r.active(b) || r.registering(m) {
		return health(types.TargetHealthStateEnumInitial, types.TargetHealthReasonEnumRegistrationInProgress, "Target registration is in progress")
	}
	probed := r.service.Carrier.Health(g.arn(), m.trafficKey())
	if probed.State == "" || probed.State == traffic.Unused {
		return health(types.TargetHealthStateEnumInitial, types.TargetHealthReasonEnumInitialHealthChecking, "Initial health checks in progress")
	}
	return health(types.TargetHealthStateEnum(probed.State), types.TargetHealthReasonEnum(probed.Reason), probed.Description)
}

func (r *region) describeTargetHealth(in *elb.DescribeTargetHealthInput) (*elb.DescribeTargetHealthOutput, error) {
	g, err := r.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	b := r.balancerOf(g.arn())
	anomalies := slices.Contains(in.Include, types.DescribeTargetHealthInputIncludeEnumAnomaly) ||
		slices.Contains(in.Include, types.DescribeTargetHealthInputIncludeEnumAll)
	out := &elb.DescribeTargetHealthOutput{TargetHealthDescriptions: []types.TargetHealthDescription{}}
	add := func(d types.TargetHealthDescription) {
		if anomalies && b != nil && b.application() {
			d.AnomalyDetection = &types.AnomalyDetection{MitigationInEffect: types.MitigationInEffectEnumNo, Result: types.AnomalyResultEnumNormal}
		}
		out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, d)
	}
	if len(in.Targets) == 0 {
		for _, m := range r.membersOf(g.arn()) {
			add(r.describeMember(g, b, m))
		}
		return out, nil
	}
	for _, t := range in.Targets {
		if aws.ToString(t.Id) == "" {
			return nil, check.Invalid("A target ID must be specified")
		}
		named := r.named(g, t)
		for _, m := range named {
			add(r.describeMember(g, b, m))
		}
		if len(named) == 0 {
			t.Port = aws.Int32(cmp.Or(aws.ToInt32(t.Port), aws.ToInt32(g.View.Port)))
			add(types.TargetHealthDescription{
				Target:       &t,
				TargetHealth: health(types.TargetHealthStateEnumUnused, types.TargetHealthReasonEnumNotRegistered, "Target is not registered to the target group"),
			})
		}
	}
	return out, nil
}

func (r *region) describeMember(g *group, b *balancer, m *member) types.TargetHealthDescription {
	d := types.TargetHealthDescription{
		Target:       &types.TargetDescription{Id: aws.String(m.ID)},
		TargetHealth: r.healthOf(g, b, m),
	}
	if m.Port != 0 {
		d.Target.Port = aws.Int32(m.Port)
		d.HealthCheckPort = g.View.HealthCheckPort
		if aws.ToString(d.HealthCheckPort) == "traffic-port" {
			d.HealthCheckPort = aws.String(strconv.Itoa(int(m.Port)))
		}
	}
	// The zone is told of IP targets and of Lambda functions only. [SDK types.TargetDescription.AvailabilityZone]
	if m.Zone != "" && g.View.TargetType != types.TargetTypeEnumInstance {
		d.Target.AvailabilityZone = aws.String(m.Zone)
	}
	if m.ServerID != "" {
		d.Target.QuicServerId = aws.String(m.ServerID)
	}
	return d
}
