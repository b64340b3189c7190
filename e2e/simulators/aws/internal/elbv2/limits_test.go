package elbv2_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2"
)

// atMost makes things until one is refused with a code: the limit lets n through and not one more.
func atMost(t *testing.T, n int, code string, make func(i int) error) {
	t.Helper()
	for i := range n {
		if err := make(i); err != nil {
			t.Fatalf("number %d of %d: %v", i+1, n, err)
		}
	}
	wantCode(t, make(n), code, "")
}

// TestQuotasOfNetworkLoadBalancers has what other tests have for Application Load Balancers. [DOC quotas]
func TestQuotasOfNetworkLoadBalancers(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	for name, value := range map[string]int{
		"network-load-balancers": 3, "listeners-per-network-load-balancer": 4, "certificates-per-network-load-balancer": 2,
		"targets-per-network-load-balancer": 6, "gateway-load-balancers": 2,
	} {
		if !w.quotas.Set(scope, name, value) {
			t.Fatalf("there is no quota %s", name)
		}
	}
	lb := w.balancer("net", networkKind)
	atMost(t, 2, "TooManyLoadBalancers", func(i int) error {
		_, err := w.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: aws.String(fmt.Sprint("n", i)), Subnets: []string{subnetA}, Type: "network"})
		return err
	})
	atMost(t, 2, "TooManyLoadBalancers", func(i int) error {
		_, err := w.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: aws.String(fmt.Sprint("g", i)), Subnets: []string{subnetA}, Type: "gateway"})
		return err
	})
	group, secured := w.group("tcp", protocol("TCP")), ""
	atMost(t, 4, "TooManyListeners", func(i int) error {
		out, err := w.CreateListener(ctx, &elb.CreateListenerInput{
			LoadBalancerArn: lb.LoadBalancerArn, Port: aws.Int32(int32(i + 1)), Protocol: "TLS", DefaultActions: forward(group),
			Certificates: []types.Certificate{{CertificateArn: aws.String(certArn)}},
		})
		if err == nil {
			secured = *out.Listeners[0].ListenerArn
		}
		return err
	})
	atMost(t, 2, "TooManyCertificates", func(i int) error {
		_, err := w.AddListenerCertificates(ctx, &elb.AddListenerCertificatesInput{ListenerArn: &secured, Certificates: []types.Certificate{{CertificateArn: aws.String(fmt.Sprint(certArn, i))}}})
		return err
	})
	atMost(t, 6, "TooManyTargets", func(i int) error {
		_, err := w.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &group, Targets: []types.TargetDescription{port("10.0.1.1", int32(i+1))}})
		return err
	})
	var six []string
	for i := range 6 {
		six = append(six, w.group(fmt.Sprint("six", i), protocol("TCP")))
	}
	must(w.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &secured, DefaultActions: forward(six[:5]...)}))(t)
	_, err := w.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &secured, DefaultActions: forward(six...)})
	wantCode(t, err, "TooManyTargetGroups", "'5'")
}

// TestGatewayLoadBalancers has the control plane of those; they carry no traffic here.
func TestGatewayLoadBalancers(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	lb := w.balancer("gateway", func(in *elb.CreateLoadBalancerInput) { in.Type = "gateway" })
	group := w.group("geneve", protocol("GENEVE"), func(in *elb.CreateTargetGroupInput) { in.Port = aws.Int32(6081) })
	l := *must(w.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: lb.LoadBalancerArn, DefaultActions: forward(group)}))(t).Listeners[0].ListenerArn
	_, err := w.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: lb.LoadBalancerArn, Protocol: "TCP", Port: aws.Int32(80), DefaultActions: forward(group)})
	wantCode(t, err, "ValidationError", "type 'gateway'")
	_, err = w.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: &l, Priority: aws.Int32(1), Conditions: paths("/"), Actions: forward(group)})
	wantCode(t, err, "InvalidConfigurationRequest", "'gateway'")
	_, err = w.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: lb.LoadBalancerArn, Subnets: []string{subnetA}})
	wantCode(t, err, "InvalidConfigurationRequest", "cannot be removed")
	must(w.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: lb.LoadBalancerArn, Subnets: []string{subnetA, subnetB, subnetC}}))(t)
	_, err = w.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: lb.LoadBalancerArn, SecurityGroups: []string{sg}})
	wantCode(t, err, "InvalidConfigurationRequest", "'gateway'")
	units := &types.MinimumLoadBalancerCapacity{CapacityUnits: aws.Int32(100)}
	_, err = w.ModifyCapacityReservation(ctx, &elb.ModifyCapacityReservationInput{LoadBalancerArn: lb.LoadBalancerArn, MinimumLoadBalancerCapacity: units})
	wantCode(t, err, "InvalidConfigurationRequest", "'gateway'")
}

// TestListenerBehindANetworkLoadBalancer: an ALB's listener stays while an NLB has it as a target.
func TestListenerBehindANetworkLoadBalancer(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	alb := w.balancer("alb")
	l, other := w.listener(alb.LoadBalancerArn, 80, fixed("200")), w.listener(alb.LoadBalancerArn, 81, fixed("200"))
	group := w.group("alb", kind(types.TargetTypeEnumAlb), protocol("TCP"))
	nlb := w.balancer("nlb", networkKind)
	w.listener(nlb.LoadBalancerArn, 80, forward(group), over("TCP"))
	w.register(group, ip(*alb.LoadBalancerArn))
	_, err := w.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &l})
	wantCode(t, err, "ResourceInUse", "currently in use by target group")
	must(w.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &other}))(t)
	must(w.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: []types.TargetDescription{ip(*alb.LoadBalancerArn)}}))(t)
	must(w.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &l}))(t)
}

// TestCookiesAndWeights: an application's cookie does not go with weighted groups, whichever comes first.
func TestCookiesAndWeights(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	a, b := w.group("a"), w.group("b")
	l := w.listener(w.balancer("web").LoadBalancerArn, 80, fixed("404"))
	cookie := &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &a, Attributes: []types.TargetGroupAttribute{
		{Key: aws.String("stickiness.enabled"), Value: aws.String("true")}, {Key: aws.String("stickiness.type"), Value: aws.String("app_cookie")},
		{Key: aws.String("stickiness.app_cookie.cookie_name"), Value: aws.String("session")},
	}}
	must(w.ModifyTargetGroupAttributes(ctx, cookie))(t)
	_, err := w.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: &l, Priority: aws.Int32(1), Conditions: paths("/"), Actions: forward(a, b)})
	wantCode(t, err, "InvalidLoadBalancerAction", "application-based stickiness")
	w.rule(l, 1, forward(a))
	c, d := w.group("c"), w.group("d")
	w.rule(l, 2, forward(c, d))
	cookie.TargetGroupArn = &c
	_, err = w.ModifyTargetGroupAttributes(ctx, cookie)
	wantCode(t, err, "InvalidConfigurationRequest", "weighted")
}

// TestDeletedLoadBalancerIsListedForAWhile has the lag in lists, and its end.
func TestDeletedLoadBalancerIsListedForAWhile(t *testing.T) {
	w := start(t, func(o *elbv2.Options) { o.Delays.DeletionLag = time.Second })
	lb := w.balancer("web")
	must(w.DeleteLoadBalancer(t.Context(), &elb.DeleteLoadBalancerInput{LoadBalancerArn: lb.LoadBalancerArn}))(t)
	for _, n := range []int{1, 0} {
		if got := len(must(w.DescribeLoadBalancers(t.Context(), &elb.DescribeLoadBalancersInput{}))(t).LoadBalancers); got != n {
			t.Errorf("%d load balancers are listed, want %d", got, n)
		}
		w.clock.Advance(time.Second)
	}
	w.balancer("web", subnets(subnetB, subnetC))
}

func TestInternalNames(t *testing.T) {
	w := start(t)
	lb := w.balancer("Web", func(in *elb.CreateLoadBalancerInput) { in.Scheme = types.LoadBalancerSchemeEnumInternal })
	if name := *lb.DNSName; name[:13] != "internal-web-" {
		t.Errorf("the name is %s", name)
	}
	guarded := w.balancer("guarded", networkKind, groupsOfSecurity(1))
	out := must(w.SetSecurityGroups(t.Context(), &elb.SetSecurityGroupsInput{
		LoadBalancerArn: guarded.LoadBalancerArn, SecurityGroups: []string{sg, "sg-2"},
		EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: types.EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnumOff,
	}))(t)
	if aws.ToString(guarded.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic) != "on" || out.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic != "off" {
		t.Errorf("PrivateLink traffic: %s, then %s", aws.ToString(guarded.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic), out.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic)
	}
}
