package elbv2_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func at(address, zone string) types.TargetDescription {
	t := ip(address)
	t.AvailabilityZone = aws.String(zone)
	return t
}

func port(address string, p int32) types.TargetDescription {
	t := ip(address)
	t.Port = aws.Int32(p)
	return t
}

func server(address, id string) types.TargetDescription {
	t := ip(address)
	t.QuicServerId = aws.String(id)
	return t
}

const function = "arn:aws:lambda:eu-west-1:123456789012:function:f"

// TestRegistrations has what may be registered where. [SDK types.TargetDescription, CreateTargetGroupInput.TargetType]
func TestRegistrations(t *testing.T) {
	w := start(t)
	alb := w.balancer("web")
	w.listener(alb.LoadBalancerArn, 80, fixed("200"))
	silent, nlb := w.balancer("silent"), w.balancer("net", networkKind)
	groups := map[string]string{
		"ip":       w.group("ip"),
		"six":      w.group("six", func(in *elb.CreateTargetGroupInput) { in.IpAddressType = types.TargetGroupIpAddressTypeEnumIpv6 }),
		"instance": w.group("instance", kind(types.TargetTypeEnumInstance)),
		"lambda":   w.group("lambda", bare(types.TargetTypeEnumLambda)),
		"alb":      w.group("alb", kind(types.TargetTypeEnumAlb), protocol("TCP")),
		"quic":     w.group("quic", protocol("QUIC")),
	}
	const invalid, target = "ValidationError", "InvalidTarget"
	for _, c := range []struct {
		name, group string
		target      types.TargetDescription
		code, text  string
	}{
		{"in the VPC", "ip", ip("10.0.1.1"), "", ""},
		{"in the VPC in its zone", "ip", at("10.0.1.2", "eu-west-1a"), "", ""},
		{"in the VPC in another zone", "ip", at("10.0.1.3", "eu-west-1b"), invalid, "eu-west-1a"},
		{"private in a zone", "ip", at("192.168.0.1", "eu-west-1b"), "", ""},
		{"private in all zones", "ip", at("172.16.0.1", "all"), "", ""},
		{"carrier-grade", "ip", at("100.64.0.1", "all"), "", ""},
		{"private without a zone", "ip", ip("192.168.0.2"), invalid, "you must specify an Availability Zone"},
		{"no such zone", "ip", at("192.168.0.2", "eu-west-1z"), invalid, "eu-west-1z"},
		{"public", "ip", at("8.8.8.8", "all"), invalid, "8.8.8.8"},
		{"loopback", "ip", at("127.0.0.1", "all"), invalid, "127.0.0.1"},
		{"no address", "ip", ip(instanceA), invalid, "not a valid IP address"},
		{"IPv6 in IPv4", "ip", ip("2001:db8::1"), invalid, "ipv4"},
		{"IPv6", "six", ip("2001:db8::1"), "", ""},
		{"IPv4 in IPv6", "six", ip("10.0.1.1"), invalid, "ipv6"},
		{"port 65535", "ip", port("10.0.1.1", 65535), "", ""},
		{"port 65536", "ip", port("10.0.1.1", 65536), invalid, ""},
		{"a server ID", "ip", server("10.0.1.1", "0x0123456789abcdef"), invalid, "server ID"},
		{"an instance", "instance", ip(instanceA), "", ""},
		{"an instance in a zone", "instance", at(instanceA, "eu-west-1a"), invalid, "Availability Zone"},
		{"no such instance", "instance", ip("i-none"), target, "i-none"},
		{"an instance elsewhere", "instance", ip("i-other"), target, "not in the target group VPC"},
		{"a stopped instance", "instance", ip("i-stopped"), target, "not in a running state"},
		{"a function", "lambda", ip(function), "", ""},
		{"a second function", "lambda", ip(function + "2"), "TooManyTargets", "'1'"},
		{"a function's port", "lambda", port(function, 80), invalid, "port"},
		{"no function", "lambda", ip("f"), target, "Lambda"},
		{"no listener", "alb", ip(*silent.LoadBalancerArn), target, "must have a listener on port '80'"},
		{"an NLB", "alb", ip(*nlb.LoadBalancerArn), target, "not an Application Load Balancer"},
		{"an ALB", "alb", ip(*alb.LoadBalancerArn), "", ""},
		{"QUIC", "quic", server("10.0.1.1", "0x0123456789abcdef"), "", ""},
		{"the server ID again", "quic", server("10.0.1.2", "0x0123456789abcdef"), target, "already used"},
		{"another server ID", "quic", server("10.0.1.1", "0x0123456789abcdee"), target, "cannot be modified"},
		{"no server ID", "quic", ip("10.0.1.3"), invalid, "server ID"},
		{"a server ID in upper case", "quic", server("10.0.1.3", "0x0123456789ABCDEF"), invalid, "server ID"},
	} {
		t.Run(c.name, func(t *testing.T) {
			arn := groups[c.group]
			out, err := w.RegisterTargets(t.Context(), &elb.RegisterTargetsInput{TargetGroupArn: &arn, Targets: []types.TargetDescription{c.target}})
			if c.code == "" {
				must(out, err)(t)
				return
			}
			wantCode(t, err, c.code, c.text)
		})
	}
	_, err := w.DeleteLoadBalancer(t.Context(), &elb.DeleteLoadBalancerInput{LoadBalancerArn: alb.LoadBalancerArn})
	wantCode(t, err, "ResourceInUse", "target")
}

func TestOneAddressOnSeveralPorts(t *testing.T) {
	w := start(t)
	group := w.group("g")
	w.listener(w.balancer("web").LoadBalancerArn, 80, forward(group))
	w.register(group, port("10.0.1.1", 8080), port("10.0.1.1", 8081), ip("10.0.1.1"), port("10.0.1.1", 80))
	out := must(w.DescribeTargetHealth(t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: &group, Include: []types.DescribeTargetHealthInputIncludeEnum{types.DescribeTargetHealthInputIncludeEnumAll}}))(t)
	var ports []string
	for _, d := range out.TargetHealthDescriptions {
		ports = append(ports, fmt.Sprint(*d.Target.Port, " ", *d.HealthCheckPort, " ", *d.Target.AvailabilityZone, " ", d.AnomalyDetection.Result))
	}
	if !slices.Equal(ports, []string{"80 80 eu-west-1a normal", "8080 8080 eu-west-1a normal", "8081 8081 eu-west-1a normal"}) {
		t.Errorf("registrations are %v", ports)
	}
	must(w.DeregisterTargets(t.Context(), &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: []types.TargetDescription{ip("10.0.1.1")}}))(t)
	if got := w.states(group); !slices.Equal(got, []string{"draining Target.DeregistrationInProgress", "initial Elb.InitialHealthChecking", "initial Elb.InitialHealthChecking"}) {
		t.Errorf("without a port, the group's is meant: %v", got)
	}
}

func TestFunctionWithoutChecksIsUnavailable(t *testing.T) {
	w := start(t)
	group := w.group("lambda", bare(types.TargetTypeEnumLambda))
	w.listener(w.balancer("web").LoadBalancerArn, 80, forward(group))
	w.register(group, ip(function))
	if got := w.states(group); !slices.Equal(got, []string{"unavailable Target.HealthCheckDisabled"}) {
		t.Errorf("a function is %v", got)
	}
}

// TestTargetsAreBounded has a group's and a load balancer's limits: at, and one over.
func TestTargetsAreBounded(t *testing.T) {
	w := start(t)
	register := func(group string, from, n int) error {
		in := &elb.RegisterTargetsInput{TargetGroupArn: &group}
		for i := range n {
			in.Targets = append(in.Targets, port("10.0.1.1", int32(from+i)))
		}
		_, err := w.RegisterTargets(t.Context(), in)
		return err
	}
	w.quotas.Set(scope, "targets-per-target-group", 10)
	w.quotas.Set(scope, "targets-per-application-load-balancer", 12)
	a, b, c := w.group("a"), w.group("b"), w.group("c")
	if err := register(a, 1, 10); err != nil {
		t.Fatal(err)
	}
	wantCode(t, register(a, 11, 1), "TooManyTargets", "'10'")
	l := w.listener(w.balancer("web").LoadBalancerArn, 80, forward(a))
	w.rule(l, 1, forward(b))
	if err := register(b, 100, 2); err != nil {
		t.Errorf("12 targets: %v", err)
	}
	wantCode(t, register(b, 102, 1), "TooManyTargets", "'12'")
	if err := register(c, 1, 1); err != nil {
		t.Fatal(err)
	}
	_, err := w.CreateRule(t.Context(), &elb.CreateRuleInput{ListenerArn: &l, Priority: aws.Int32(2), Conditions: paths("/"), Actions: forward(c)})
	wantCode(t, err, "TooManyTargets", "'12'")

	w.quotas.Set(scope, "targets-per-application-load-balancer", 100)
	w.quotas.Set(scope, "target-id-registrations-per-application-load-balancer", 12)
	wantCode(t, register(b, 102, 1), "TooManyRegistrationsForTargetId", "'12'")

	w.quotas.Set(scope, "targets-per-availability-zone-per-network-load-balancer", 2)
	n := w.group("n", protocol("TCP"))
	net := w.balancer("net", networkKind)
	w.listener(net.LoadBalancerArn, 80, forward(n), over("TCP"))
	if err := register(n, 1, 2); err != nil {
		t.Error(err)
	}
	wantCode(t, register(n, 3, 1), "TooManyTargets", "eu-west-1a")
	elsewhere := func(p int32) error {
		_, err := w.RegisterTargets(t.Context(), &elb.RegisterTargetsInput{TargetGroupArn: &n, Targets: []types.TargetDescription{port("10.0.2.1", p)}})
		return err
	}
	if err := elsewhere(1); err != nil {
		t.Error(err)
	}
	must(w.ModifyLoadBalancerAttributes(t.Context(), &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: net.LoadBalancerArn, Attributes: []types.LoadBalancerAttribute{
		{Key: aws.String("load_balancing.cross_zone.enabled"), Value: aws.String("true")},
	}}))(t)
	wantCode(t, elsewhere(2), "TooManyTargets", "cross-zone")
}

func TestZoneThatIsEnabledLater(t *testing.T) {
	w := start(t)
	group := w.group("g")
	lb := w.balancer("web")
	w.listener(lb.LoadBalancerArn, 80, forward(group))
	w.register(group, ip("10.0.3.1"))
	w.clock.Advance(time.Minute)
	if got := w.states(group); !slices.Equal(got, []string{"unused Target.NotInUse"}) {
		t.Errorf("in a zone that is not enabled: %v", got)
	}
	must(w.SetSubnets(t.Context(), &elb.SetSubnetsInput{LoadBalancerArn: lb.LoadBalancerArn, Subnets: []string{subnetA, subnetB, subnetC}}))(t)
	w.clock.Advance(time.Minute)
	if got := w.states(group); !slices.Equal(got, []string{"healthy"}) {
		t.Errorf("once it is enabled: %v", got)
	}
}
