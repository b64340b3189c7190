package aws_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"

	"fairway.dev/fairway/e2e/simulators/aws"
)

// start starts a simulator without delays and throttles unless a test wants others.
func start(t *testing.T, o aws.Options) *aws.Simulator {
	t.Helper()
	if o.Delays == nil {
		o.Delays = &aws.Delays{}
	}
	if o.Throttle == nil {
		o.Throttle = awssdk.Float64(0)
	}
	sim, err := aws.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		note(sim)
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim
}

// code is the code of AWS's error, or what went wrong otherwise.
func code(err error) string {
	var failure smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &failure):
		return failure.ErrorCode()
	default:
		return err.Error()
	}
}

// subnets are the ids of a region's subnets with a name.
func subnets(t *testing.T, sim *aws.Simulator, names ...string) []string {
	t.Helper()
	out, err := ec2.NewFromConfig(sim.SDK("", "")).DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{
		Filters: []ec2Filter{{Name: awssdk.String("tag:Name"), Values: names}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, s := range out.Subnets {
		ids = append(ids, *s.SubnetId)
	}
	return ids
}

func TestStateOutlivesTheSimulator(t *testing.T) {
	file := t.TempDir() + "/state.db"
	first, err := aws.Start(t.Context(), aws.Options{State: file, Throttle: awssdk.Float64(0), Delays: &aws.Delays{Provisioning: aws.Duration(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	created, err := elb.NewFromConfig(first.SDK("", "")).CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{
		Name: awssdk.String("kept"), Subnets: subnets(t, first, "public-a", "public-b"),
	})
	if err != nil {
		t.Fatal(err)
	}
	first.Advance(30 * time.Minute)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	second := start(t, aws.Options{State: file, Delays: &aws.Delays{Provisioning: aws.Duration(time.Hour)}})
	client := elb.NewFromConfig(second.SDK("", ""))
	state := func() types.LoadBalancerStateEnum {
		out, err := client.DescribeLoadBalancers(t.Context(), &elb.DescribeLoadBalancersInput{Names: []string{"kept"}})
		if err != nil {
			t.Fatal(err)
		}
		if *out.LoadBalancers[0].LoadBalancerArn != *created.LoadBalancers[0].LoadBalancerArn {
			t.Fatal("another load balancer came back")
		}
		return out.LoadBalancers[0].State.Code
	}
	if got := state(); got != types.LoadBalancerStateEnumProvisioning {
		t.Errorf("half an hour later it is %s", got)
	}
	second.Advance(31 * time.Minute)
	if got := state(); got != types.LoadBalancerStateEnumActive {
		t.Errorf("an hour later it is %s", got)
	}
}

// TestStateOutlivesAKilledSimulator takes the state as it is on disk while a simulator runs, whose time is ahead.
func TestStateOutlivesAKilledSimulator(t *testing.T) {
	running := t.TempDir() + "/state.db"
	options := aws.Options{State: running, Throttle: awssdk.Float64(0), Delays: &aws.Delays{}, Addresses: "off", Clock: aws.Clock{Stopped: true}}
	first := start(t, options)
	first.Advance(24 * time.Hour)
	got(elb.NewFromConfig(first.SDK("", "")).CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{
		Name: awssdk.String("kept"), Subnets: subnets(t, first, "public-a", "public-b"),
	}))(t)
	if err := first.Flush(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(running)
	if err != nil {
		t.Fatal(err)
	}
	options.State = t.TempDir() + "/state.db"
	if err := os.WriteFile(options.State, text, 0o600); err != nil {
		t.Fatal(err)
	}
	second := start(t, options)
	out := got(elb.NewFromConfig(second.SDK("", "")).DescribeLoadBalancers(t.Context(), &elb.DescribeLoadBalancersInput{Names: []string{"kept"}}))(t)
	if lb := out.LoadBalancers[0]; lb.State.Code != types.LoadBalancerStateEnumActive || lb.CreatedTime.After(second.Now()) {
		t.Errorf("the load balancer is %s, made at %s, and it is %s", lb.State.Code, lb.CreatedTime, second.Now())
	}
}

func TestEverythingElseOutlivesTheSimulator(t *testing.T) {
	file := t.TempDir() + "/state.db"
	delays := &aws.Delays{CertificateIssue: aws.Duration(time.Hour)}
	first, err := aws.Start(t.Context(), aws.Options{State: file, Throttle: awssdk.Float64(0), Delays: delays})
	if err != nil {
		t.Fatal(err)
	}
	requested := got(acm.NewFromConfig(first.SDK("", "")).RequestCertificate(t.Context(), &acm.RequestCertificateInput{
		DomainName: awssdk.String("a.example"), KeyAlgorithm: "EC_prime256v1",
	}))(t)
	group := got(ec2.NewFromConfig(first.SDK("", "")).CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{
		GroupName: awssdk.String("kept"), Description: awssdk.String("kept"), VpcId: awssdk.String(mainVPC),
	}))(t)
	if !first.SetQuota("", "eu-west-1", "target-groups", 7) {
		t.Fatal("a quota cannot be set")
	}
	before := first.AddressRange()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}

	// What was set later comes before what is given from the start.
	accounts := aws.DefaultAccounts()
	for region, inventory := range accounts[0].Regions {
		inventory.Quotas = map[string]int{"target-groups": 5}
		accounts[0].Regions[region] = inventory
	}
	second := start(t, aws.Options{State: file, Delays: delays, Accounts: accounts})
	for region, want := range map[string]string{"eu-west-1": "7", "us-east-1": "5", "eu-north-1": "3000"} {
		limits := got(elb.NewFromConfig(second.SDK("", region)).DescribeAccountLimits(t.Context(), &elb.DescribeAccountLimitsInput{}))(t)
		for _, limit := range limits.Limits {
			if *limit.Name == "target-groups" && *limit.Max != want {
				t.Errorf("%s: the limit is %s, want %s", region, *limit.Max, want)
			}
		}
	}
	if second.AddressRange() != before {
		t.Errorf("addresses are of %v, not of %v", second.AddressRange(), before)
	}
	groups := got(ec2.NewFromConfig(second.SDK("", "")).DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{GroupIds: []string{*group.GroupId}}))(t)
	if len(groups.SecurityGroups[0].IpPermissionsEgress) != 1 {
		t.Errorf("the security group is %+v", groups.SecurityGroups)
	}
	second.Advance(time.Hour)
	client := acm.NewFromConfig(second.SDK("", ""))
	eventually(t, "the certificate is issued", func() (bool, error) {
		out, err := client.DescribeCertificate(t.Context(), &acm.DescribeCertificateInput{CertificateArn: requested.CertificateArn})
		return err == nil && out.Certificate.Status == acmtypes.CertificateStatusIssued, err
	})
	if out := got(ec2.NewFromConfig(second.SDK("", "")).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{}))(t); len(out.Reservations) != 3 {
		t.Errorf("the inventory is there %d times a third", len(out.Reservations))
	}
}

func TestAccountsAndRegionsAreApart(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off", Accounts: []aws.Account{
		{ID: "111111111111", Regions: map[string]aws.Region{"us-east-1": {Inventory: aws.DefaultInventory(0)}}},
		{ID: "222222222222"},
	}})
	count := func(account, region string) int {
		out, err := ec2.NewFromConfig(sim.SDK(account, region)).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.Vpcs)
	}
	if count("111111111111", "us-east-1") != 1 || count("111111111111", "eu-west-1") != 0 || count("222222222222", "us-east-1") != 0 {
		t.Error("VPCs are seen from elsewhere")
	}
}
