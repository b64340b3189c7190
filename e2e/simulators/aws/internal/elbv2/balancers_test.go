package elbv2_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"

	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2"
)

func subnets(ids ...string) func(*elb.CreateLoadBalancerInput) {
	return func(in *elb.CreateLoadBalancerInput) { in.Subnets = ids }
}

func named(name string) func(*elb.CreateLoadBalancerInput) {
	return func(in *elb.CreateLoadBalancerInput) { in.Name = aws.String(name) }
}

func groupsOfSecurity(n int, more ...string) func(*elb.CreateLoadBalancerInput) {
	return func(in *elb.CreateLoadBalancerInput) {
		for i := range n {
			in.SecurityGroups = append(in.SecurityGroups, fmt.Sprint("sg-", i))
		}
		in.SecurityGroups = append(in.SecurityGroups, more...)
	}
}

func mapping(change func(*types.SubnetMapping)) func(*elb.CreateLoadBalancerInput) {
	return func(in *elb.CreateLoadBalancerInput) {
		m := types.SubnetMapping{SubnetId: aws.String(subnetA)}
		change(&m)
		in.Subnets, in.SubnetMappings = nil, []types.SubnetMapping{m, {SubnetId: aws.String(subnetB)}}
	}
}

type creation = func(*elb.CreateLoadBalancerInput)

// TestNewLoadBalancers has the rules of API_CreateLoadBalancer. An empty code is success.
func TestNewLoadBalancers(t *testing.T) {
	w := start(t)
	internal := func(in *elb.CreateLoadBalancerInput) { in.Scheme = types.LoadBalancerSchemeEnumInternal }
	gateway := func(in *elb.CreateLoadBalancerInput) { in.Type = types.LoadBalancerTypeEnumGateway }
	noIPv4 := func(in *elb.CreateLoadBalancerInput) {
		in.IpAddressType = types.IpAddressTypeDualstackWithoutPublicIpv4
	}
	tags := func(n int, key string) creation {
		return func(in *elb.CreateLoadBalancerInput) {
			for i := range n {
				in.Tags = append(in.Tags, types.Tag{Key: aws.String(fmt.Sprint("k", i)), Value: aws.String("v")})
			}
			if key != "" {
				in.Tags = append(in.Tags, types.Tag{Key: aws.String(key), Value: aws.String("v")})
			}
		}
	}
	const invalid, misconfigured, subnet = "ValidationError", "InvalidConfigurationRequest", "InvalidSubnet"
	for i, c := range []struct {
		name       string
		changes    []creation
		code, text string
	}{
		{"32 characters", []creation{named(strings.Repeat("a", 32))}, "", ""},
		{"33 characters", []creation{named(strings.Repeat("a", 33))}, invalid, "cannot be longer than '32' characters"},
		{"an underscore", []creation{named("a_b")}, invalid, "alphanumeric characters and hyphens(-)"},
		{"a hyphen in front", []creation{named("-a")}, invalid, "begin or end with a hyphen(-)"},
		{"a hyphen at the end", []creation{named("a-")}, invalid, "begin or end with a hyphen(-)"},
		{"internal-", []creation{named("internal-a")}, invalid, "cannot begin with 'internal-'"},
		{"internals", []creation{named("internals")}, "", ""},
		{"one subnet", []creation{subnets(subnetA)}, invalid, "At least two subnets in two different Availability Zones must be specified"},
		{"one subnet of an NLB", []creation{networkKind, subnets(subnetA)}, "", ""},
		{"no subnet", []creation{subnets()}, invalid, "At least one subnet"},
		{"two subnets in a zone", []creation{subnets(subnetA, "subnet-a2")}, misconfigured, "multiple subnets in the same Availability Zone"},
		{"two VPCs", []creation{subnets(subnetA, "subnet-other")}, subnet, "same VPC"},
		{"no such subnet", []creation{subnets(subnetA, "subnet-missing")}, "SubnetNotFound", "The subnet ID 'subnet-missing' does not exist"},
		{"7 free addresses", []creation{subnets(subnetA, "subnet-full")}, subnet, "at least 8 free IP addresses"},
		{"8 free addresses", []creation{subnets(subnetA, "subnet-8")}, "", ""},
		{"no internet gateway", []creation{subnets("subnet-iso-a", "subnet-iso-b")}, subnet, "VPC vpc-isolated has no internet gateway"},
		{"internal without internet gateway", []creation{internal, subnets("subnet-iso-a", "subnet-iso-b")}, "InvalidSecurityGroup", "does not belong to VPC"},
		{"dualstack", []creation{dualstack}, "", ""},
		{"dualstack without IPv6", []creation{dualstack, subnets(subnetA, subnetC)}, subnet, "IPv6 CIDR block"},
		{"without public IPv4", []creation{noIPv4}, "", ""},
		{"NLB without public IPv4", []creation{noIPv4, networkKind}, misconfigured, "internet-facing Application Load Balancers"},
		{"internal without public IPv4", []creation{noIPv4, internal}, misconfigured, "internet-facing Application Load Balancers"},
		{"5 security groups", []creation{groupsOfSecurity(5)}, "", ""},
		{"6 security groups", []creation{groupsOfSecurity(6)}, misconfigured, "'5' security groups"},
		{"no such security group", []creation{groupsOfSecurity(1, "sg-missing")}, "InvalidSecurityGroup", "'sg-missing' does not exist"},
		{"a security group of another VPC", []creation{groupsOfSecurity(1, "sg-other")}, "InvalidSecurityGroup", "VPC"},
		{"subnets and mappings", []creation{mapping(func(*types.SubnetMapping) {}), subnets(subnetA)}, invalid, "not both"},
		{"mappings", []creation{mapping(func(*types.SubnetMapping) {})}, "", ""},
		{"an ALB's own address", []creation{mapping(func(m *types.SubnetMapping) { m.AllocationId = aws.String("eipalloc-1") })}, misconfigured, "type 'application'"},
		{"an NLB's own address", []creation{networkKind, mapping(func(m *types.SubnetMapping) { m.AllocationId = aws.String("eipalloc-1") })}, "", ""},
		{"an internal NLB's Elastic IP", []creation{networkKind, internal, mapping(func(m *types.SubnetMapping) { m.AllocationId = aws.String("eipalloc-1") })}, misconfigured, "internal"},
		{"an internal NLB's address", []creation{networkKind, internal, mapping(func(m *types.SubnetMapping) { m.PrivateIPv4Address = aws.String("10.0.1.5") })}, "", ""},
		{"an address outside the subnet", []creation{networkKind, internal, mapping(func(m *types.SubnetMapping) { m.PrivateIPv4Address = aws.String("10.0.2.5") })}, misconfigured, "not within the subnet"},
		{"a GWLB", []creation{gateway}, "", ""},
		{"a GWLB's scheme", []creation{gateway, internal}, misconfigured, "type 'gateway'"},
		{"50 tags", []creation{tags(50, "")}, "", ""},
		{"51 tags", []creation{tags(50, "more")}, "TooManyTags", "'50'"},
		{"a tag twice", []creation{tags(2, "k1")}, "DuplicateTagKeys", "'k1'"},
		{"a reserved tag", []creation{tags(0, "aws:x")}, invalid, "aws:"},
		{"IPAM pools of an NLB", []creation{networkKind, func(in *elb.CreateLoadBalancerInput) {
			in.IpamPools = &types.IpamPools{Ipv4IpamPoolId: aws.String("ipam-pool-1")}
		}}, misconfigured, "IPAM"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := &elb.CreateLoadBalancerInput{Name: aws.String(fmt.Sprint("lb-", i)), Subnets: []string{subnetA, subnetB}}
			for _, change := range c.changes {
				change(in)
			}
			out, err := w.CreateLoadBalancer(t.Context(), in)
			if c.code == "" {
				must(out, err)(t)
				return
			}
			wantCode(t, err, c.code, c.text)
		})
	}
}

func TestNamesAndARNsLookAsAWSs(t *testing.T) {
	w := start(t)
	alb, nlb := w.balancer("Web"), w.balancer("net", networkKind)
	for _, c := range []struct{ got, form string }{
		{*alb.LoadBalancerArn, "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/Web/"},
		{*nlb.LoadBalancerArn, "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/net/"},
		{*alb.DNSName, "web-"}, {*nlb.DNSName, "net-"},
	} {
		if !strings.HasPrefix(c.got, c.form) {
			t.Errorf("%s does not begin with %s", c.got, c.form)
		}
	}
	if !strings.HasSuffix(*alb.DNSName, ".eu-west-1.elb.amazonaws.com") || !strings.HasSuffix(*nlb.DNSName, ".elb.eu-west-1.amazonaws.com") {
		t.Errorf("DNS names are %s and %s", *alb.DNSName, *nlb.DNSName)
	}
	l := w.listener(alb.LoadBalancerArn, 80, fixed("200"))
	u := w.rule(l, 1, fixed("200"))
	if !strings.Contains(l, ":listener/app/Web/") || !strings.HasPrefix(strings.Replace(u, ":listener-rule/", ":listener/", 1), l+"/") {
		t.Errorf("the ARNs are %s and %s", l, u)
	}
	if !slices.Equal(alb.SecurityGroups, []string{"sg-default"}) || len(nlb.SecurityGroups) != 0 {
		t.Errorf("security groups are %v and %v", alb.SecurityGroups, nlb.SecurityGroups)
	}
	_, rest, _ := strings.Cut(*alb.LoadBalancerArn, "loadbalancer/")
	if got := w.network.interfaces["ELB "+rest]; !slices.Equal(got, []string{subnetA, subnetB}) {
		t.Errorf("network interfaces are in %v", got)
	}
}

func TestCreateLoadBalancerIsIdempotent(t *testing.T) {
	w := start(t)
	first, again := w.balancer("web", subnets(subnetA, subnetB)), w.balancer("web", subnets(subnetB, subnetA))
	if *first.LoadBalancerArn != *again.LoadBalancerArn {
		t.Error("equal settings made another load balancer")
	}
	_, err := w.CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: []string{subnetA, subnetC}})
	wantCode(t, err, "DuplicateLoadBalancerName", "A load balancer with the same name 'web' exists, but with different settings")
}

func TestLoadBalancersAreBounded(t *testing.T) {
	w := start(t)
	w.quotas.Set(scope, "application-load-balancers", 2)
	w.balancer("a")
	w.balancer("b")
	w.balancer("n", networkKind)
	w.balancer("b")
	_, err := w.CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{Name: aws.String("c"), Subnets: []string{subnetA, subnetB}})
	wantCode(t, err, "TooManyLoadBalancers", "'2'")
}

func TestDescribeLoadBalancers(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	var arns []string
	for i := range 21 {
		arns = append(arns, *w.balancer(fmt.Sprintf("lb-%02d", i)).LoadBalancerArn)
	}
	if got := must(w.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: arns[:20]}))(t); len(got.LoadBalancers) != 20 {
		t.Errorf("20 ARNs gave %d", len(got.LoadBalancers))
	}
	_, err := w.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: arns})
	wantCode(t, err, "ValidationError", "20")
	_, err = w.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{"nobody"}})
	wantCode(t, err, "LoadBalancerNotFound", "Load balancers '[nobody]' not found")
	_, err = w.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{"nonsense"}})
	wantCode(t, err, "ValidationError", "'nonsense' is not a valid load balancer ARN")
	_, err = w.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{"lb-01"}, LoadBalancerArns: arns[:1]})
	wantCode(t, err, "ValidationError", "at the same time")
	pages := elb.NewDescribeLoadBalancersPaginator(w, &elb.DescribeLoadBalancersInput{PageSize: aws.Int32(4)})
	n, calls := 0, 0
	for ; pages.HasMorePages(); calls++ {
		n += len(must(pages.NextPage(ctx))(t).LoadBalancers)
	}
	if n != 21 || calls != 6 {
		t.Errorf("%d pages with %d load balancers", calls, n)
	}
}

func TestDeletionProtection(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	lb := w.balancer("web")
	set := func(value string) {
		must(w.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: lb.LoadBalancerArn, Attributes: []types.LoadBalancerAttribute{
			{Key: aws.String("deletion_protection.enabled"), Value: aws.String(value)},
		}}))(t)
	}
	set("true")
	_, err := w.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: lb.LoadBalancerArn})
	wantCode(t, err, "OperationNotPermitted", "deletion protection is enabled")
	set("false")
	for range 2 {
		must(w.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: lb.LoadBalancerArn}))(t)
	}
}

func TestSubnetsSecurityGroupsAndAddressType(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	lb, nlb := w.balancer("web"), w.balancer("net", networkKind)
	out := must(w.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: lb.LoadBalancerArn, Subnets: []string{subnetB, subnetC}}))(t)
	if len(out.AvailabilityZones) != 2 || *out.AvailabilityZones[1].ZoneName != "eu-west-1c" {
		t.Errorf("zones are %+v", out.AvailabilityZones)
	}
	_, err := w.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: lb.LoadBalancerArn, Subnets: []string{subnetB}})
	wantCode(t, err, "ValidationError", "At least two subnets")
	_, err = w.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: nlb.LoadBalancerArn, Subnets: []string{"subnet-other"}})
	wantCode(t, err, "InvalidSubnet", "VPC 'vpc-1'")

	_, err = w.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: lb.LoadBalancerArn, IpAddressType: types.IpAddressTypeDualstack})
	wantCode(t, err, "InvalidSubnet", "IPv6 CIDR block")
	must(w.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: lb.LoadBalancerArn, Subnets: []string{subnetA, subnetB}}))(t)
	must(w.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: lb.LoadBalancerArn, IpAddressType: types.IpAddressTypeDualstack}))(t)
	six := w.group("six", func(in *elb.CreateTargetGroupInput) { in.IpAddressType = types.TargetGroupIpAddressTypeEnumIpv6 })
	w.listener(lb.LoadBalancerArn, 80, forward(six))
	_, err = w.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: lb.LoadBalancerArn, IpAddressType: types.IpAddressTypeIpv4})
	wantCode(t, err, "InvalidConfigurationRequest", "ipv6")

	set := must(w.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: lb.LoadBalancerArn, SecurityGroups: []string{sg, "sg-2"}}))(t)
	if !slices.Equal(set.SecurityGroupIds, []string{sg, "sg-2"}) {
		t.Errorf("security groups are %v", set.SecurityGroupIds)
	}
	_, err = w.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: lb.LoadBalancerArn, SecurityGroups: []string{"sg-missing"}})
	wantCode(t, err, "InvalidSecurityGroup", "does not exist")
	_, err = w.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: nlb.LoadBalancerArn, SecurityGroups: []string{sg}})
	wantCode(t, err, "InvalidConfigurationRequest", "created without security groups")

	pool := &types.IpamPools{Ipv4IpamPoolId: aws.String("ipam-pool-1")}
	if got := must(w.ModifyIpPools(ctx, &elb.ModifyIpPoolsInput{LoadBalancerArn: lb.LoadBalancerArn, IpamPools: pool}))(t); *got.IpamPools.Ipv4IpamPoolId != "ipam-pool-1" {
		t.Errorf("pools are %v", got.IpamPools)
	}
	must(w.ModifyIpPools(ctx, &elb.ModifyIpPoolsInput{LoadBalancerArn: lb.LoadBalancerArn, RemoveIpamPools: []types.RemoveIpamPoolEnum{types.RemoveIpamPoolEnumIpv4}}))(t)
	_, err = w.ModifyIpPools(ctx, &elb.ModifyIpPoolsInput{LoadBalancerArn: nlb.LoadBalancerArn, IpamPools: pool})
	wantCode(t, err, "InvalidConfigurationRequest", "IPAM")
}

func TestCapacityReservations(t *testing.T) {
	w := start(t, func(o *elbv2.Options) { o.Delays = elbv2.Delays{Provisioning: time.Minute, Capacity: time.Minute} })
	ctx := t.Context()
	lb := w.balancer("web")
	reserve := func(units int32) (*elb.ModifyCapacityReservationOutput, error) {
		return w.ModifyCapacityReservation(ctx, &elb.ModifyCapacityReservationInput{
			LoadBalancerArn: lb.LoadBalancerArn, MinimumLoadBalancerCapacity: &types.MinimumLoadBalancerCapacity{CapacityUnits: &units},
		})
	}
	_, err := reserve(100)
	wantCode(t, err, "OperationNotPermitted", "not active")
	w.clock.Advance(time.Minute)
	_, err = reserve(99)
	wantCode(t, err, "ValidationError", "'100'")
	_, err = reserve(1501)
	wantCode(t, err, "CapacityUnitsLimitExceeded", "")
	if out := must(reserve(1500))(t); out.CapacityReservationState[0].State.Code != types.CapacityReservationStateEnumPending {
		t.Errorf("state is %+v", out.CapacityReservationState)
	}
	_, err = reserve(1000)
	wantCode(t, err, "PriorRequestNotComplete", "")
	for _, units := range []int32{1000, 500} {
		w.clock.Advance(time.Minute)
		must(reserve(units))(t)
	}
	w.clock.Advance(time.Minute)
	_, err = reserve(400)
	wantCode(t, err, "CapacityDecreaseRequestLimitExceeded", "")
	if out := must(w.DescribeCapacityReservation(ctx, &elb.DescribeCapacityReservationInput{LoadBalancerArn: lb.LoadBalancerArn}))(t); *out.DecreaseRequestsRemaining != 0 || *out.MinimumLoadBalancerCapacity.CapacityUnits != 500 {
		t.Errorf("described as %+v", out)
	}
	w.clock.Advance(24 * time.Hour)
	must(w.ModifyCapacityReservation(ctx, &elb.ModifyCapacityReservationInput{LoadBalancerArn: lb.LoadBalancerArn, ResetCapacityReservation: aws.Bool(true)}))(t)
}

func TestAccountLimits(t *testing.T) {
	w := start(t)
	w.quotas.Set(scope, "rules-per-application-load-balancer", 77)
	limits := map[string]string{}
	pages := elb.NewDescribeAccountLimitsPaginator(w, &elb.DescribeAccountLimitsInput{PageSize: aws.Int32(5)})
	for pages.HasMorePages() {
		for _, l := range must(pages.NextPage(t.Context()))(t).Limits {
			limits[*l.Name] = *l.Max
		}
	}
	for name, want := range map[string]string{
		"rules-per-application-load-balancer": "77", "target-groups-per-application-load-balancer": "100", "target-groups": "3000",
		"condition-values-per-alb-rule": "5", "targets-per-application-load-balancer": "1000", "network-load-balancers": "50",
	} {
		if limits[name] != want {
			t.Errorf("%s is %q, want %s", name, limits[name], want)
		}
	}
	if w.quotas.Set(scope, "no-such-limit", 1) {
		t.Error("an unknown limit could be set")
	}
}

// TestTypedErrors shows that the SDK makes its own error types of the answers.
func TestTypedErrors(t *testing.T) {
	w := start(t)
	_, err := w.DescribeRules(t.Context(), &elb.DescribeRulesInput{ListenerArn: aws.String(missingARN + "listener/app/x/1/2")})
	var notFound *types.ListenerNotFoundException
	if !errors.As(err, &notFound) || notFound.ErrorFault() != smithy.FaultClient {
		t.Errorf("got %v", err)
	}
}
