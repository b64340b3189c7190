package elbv2_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2"
)

// TestLifeOfALoadBalancer walks through what AWS takes its time for.
func TestLifeOfALoadBalancer(t *testing.T) {
	w := start(t, func(o *elbv2.Options) { o.Delays = elbv2.Realistic() })
	ctx := t.Context()
	lb := w.balancer("web")
	if lb.State.Code != types.LoadBalancerStateEnumProvisioning {
		t.Errorf("a new load balancer is %s", lb.State.Code)
	}
	group := w.group("web")
	w.register(group, ip("10.0.1.10"), ip("10.0.3.10"))
	if got := w.states(group); !slices.Equal(got, []string{"unused Target.NotInUse", "unused Target.NotInUse"}) {
		t.Errorf("targets of a group that no rule names are %v", got)
	}
	l := w.listener(lb.LoadBalancerArn, 80, fixed("404"))
	byARN := &elb.DescribeListenersInput{ListenerArns: []string{l}}
	_, err := w.DescribeListeners(ctx, byARN)
	wantCode(t, err, "ListenerNotFound", "not found")
	w.clock.Advance(time.Second)
	must(w.DescribeListeners(ctx, byARN))(t)

	weightless := forward(group)
	weightless[0].ForwardConfig.TargetGroups[0].Weight = aws.Int32(0)
	rule := w.rule(l, 1, weightless)
	w.clock.Advance(time.Second)
	if got := w.states(group); !slices.Equal(got, []string{"initial Elb.RegistrationInProgress", "unused Target.NotInUse"}) {
		t.Errorf("targets of a load balancer that is not active, one in a zone that is not enabled, are %v", got)
	}
	w.clock.Advance(148 * time.Second)
	if got := must(w.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{"web"}}))(t); got.LoadBalancers[0].State.Code != types.LoadBalancerStateEnumActive {
		t.Errorf("after 150 s it is %s", got.LoadBalancers[0].State.Code)
	}
	if got := w.states(group, ip("10.0.1.10")); !slices.Equal(got, []string{"initial Elb.InitialHealthChecking"}) {
		t.Errorf("targets before their first check are %v", got)
	}
	w.clock.Advance(30 * time.Second)
	if got := w.states(group, ip("10.0.1.10"), ip("10.0.1.99")); !slices.Equal(got, []string{"healthy", "unused Target.NotRegistered"}) {
		t.Errorf("targets after their first check are %v", got)
	}
	w.register(group, ip("10.0.1.11"))
	if got := w.states(group, ip("10.0.1.11")); !slices.Equal(got, []string{"initial Elb.RegistrationInProgress"}) {
		t.Errorf("a target that was just registered is %v", got)
	}

	must(w.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: []types.TargetDescription{ip("10.0.1.10"), ip("10.9.9.9")}}))(t)
	if got := w.states(group, ip("10.0.1.10")); !slices.Equal(got, []string{"draining Target.DeregistrationInProgress"}) {
		t.Errorf("a deregistered target is %v", got)
	}
	w.clock.Advance(299 * time.Second)
	if got := len(w.states(group)); got != 3 {
		t.Errorf("%d targets before the deregistration delay is over", got)
	}
	w.clock.Advance(time.Second)
	if got := w.states(group, ip("10.0.1.10")); !slices.Equal(got, []string{"unused Target.NotRegistered"}) {
		t.Errorf("a target that has drained is %v", got)
	}

	must(w.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: &rule}))(t)
	_, err = w.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &group})
	wantCode(t, err, "ResourceInUse", "currently in use by a listener or a rule")
	w.clock.Advance(2 * time.Second)
	must(w.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &group}))(t)

	must(w.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: lb.LoadBalancerArn}))(t)
	describe := &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{*lb.LoadBalancerArn}}
	must(w.DescribeLoadBalancers(ctx, describe))(t)
	w.clock.Advance(time.Second)
	_, err = w.DescribeLoadBalancers(ctx, describe)
	wantCode(t, err, "LoadBalancerNotFound", "One or more load balancers not found")
	_, err = w.DescribeListeners(ctx, byARN)
	wantCode(t, err, "ListenerNotFound", "")
}

func TestDrainingTargetComesBack(t *testing.T) {
	w := start(t)
	group := w.group("web")
	lb := w.balancer("web")
	w.listener(lb.LoadBalancerArn, 80, forward(group))
	w.register(group, ip("10.0.1.10"))
	w.clock.Advance(time.Minute)
	out := &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: []types.TargetDescription{ip("10.0.1.10")}}
	must(w.DeregisterTargets(t.Context(), out))(t)
	w.clock.Advance(time.Minute)
	w.register(group, ip("10.0.1.10"))
	w.clock.Advance(time.Hour)
	if got := w.states(group); !slices.Equal(got, []string{"healthy"}) {
		t.Errorf("a target that was registered again while draining is %v", got)
	}
	must(w.ModifyTargetGroupAttributes(t.Context(), &elb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &group,
		Attributes:     []types.TargetGroupAttribute{{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("0")}},
	}))(t)
	must(w.DeregisterTargets(t.Context(), out))(t)
	if got := w.states(group); len(got) != 0 {
		t.Errorf("without a delay the target is still %v", got)
	}
}

func TestStoppedInstanceIsUnused(t *testing.T) {
	w := start(t)
	group := w.group("web", func(in *elb.CreateTargetGroupInput) { in.TargetType = types.TargetTypeEnumInstance })
	lb := w.balancer("web")
	w.listener(lb.LoadBalancerArn, 80, forward(group))
	w.register(group, ip(instanceA))
	w.network.stopped = true
	if got := w.states(group); !slices.Equal(got, []string{"unused Target.InvalidState"}) {
		t.Errorf("a stopped instance is %v", got)
	}
}
