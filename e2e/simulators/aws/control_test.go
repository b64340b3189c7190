package aws_test

import (
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"fairway.dev/fairway/e2e/simulators/aws"
)

func TestSteeringASimulator(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off", Clock: aws.Clock{Stopped: true}})
	client := elb.NewFromConfig(sim.SDK("", ""), func(o *elb.Options) { o.RetryMaxAttempts, o.AppID = 1, "steered" })
	describe := func() string {
		_, err := client.DescribeTargetGroups(t.Context(), &elb.DescribeTargetGroupsInput{})
		return code(err)
	}
	id, err := sim.AddFault(aws.Fault{Kind: aws.FaultDenied, Operation: "DescribeTargetGroups"})
	if err != nil {
		t.Fatal(err)
	}
	if got := describe(); got != "AccessDenied" {
		t.Errorf("with a fault: %q", got)
	}
	if !sim.RemoveFault(id) || sim.RemoveFault(id) {
		t.Error("RemoveFault does not tell whether there was one")
	}
	mark := sim.Mark()
	if got := describe(); got != "" {
		t.Errorf("without the fault: %q", got)
	}
	counts := sim.CountCalls(mark)
	if len(counts) != 1 || counts[0].Client != "steered" || counts[0].Operation != "DescribeTargetGroups" || counts[0].Outcome != "ok" || counts[0].Calls != 1 {
		t.Errorf("calls since the mark: %+v", counts)
	}
	sim.ResetCalls()
	if calls := sim.Calls(0); len(calls) != 0 {
		t.Errorf("after the reset: %+v", calls)
	}
	if _, err := sim.AddFault(aws.Fault{Kind: aws.FaultThrottle}); err != nil {
		t.Fatal(err)
	}
	sim.ClearFaults()
	if got := describe(); got != "" {
		t.Errorf("after all faults were cleared: %q", got)
	}
	before := sim.Now()
	sim.Advance(time.Hour)
	if passed := sim.Now().Sub(before); passed != time.Hour {
		t.Errorf("%v passed", passed)
	}
	// A thousandth of AWS's buckets is one call, and then none for a long while.
	sim.SetThrottle(0.001)
	if first, second := describe(), describe(); first != "" || second != "ThrottlingException" {
		t.Errorf("with small buckets: %q, then %q", first, second)
	}
	if sim.SetQuota(aws.DefaultAccount, aws.DefaultRegion, "tea", 1) {
		t.Error("a quota that there is not was set")
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	for name, o := range map[string]aws.Options{
		"account id":      {Accounts: []aws.Account{{ID: "1"}}},
		"address range":   {Addresses: "everywhere"},
		"foreign range":   {Addresses: "192.0.2.0/24"},
		"target range":    {Addresses: "off", TargetRanges: []string{"everywhere"}},
		"listen address":  {Addresses: "off", Listen: "nowhere"},
		"DNS address":     {DNS: "nowhere"},
		"state file":      {State: t.TempDir()},
		"account":         {Addresses: "off", Account: "111111111111"},
		"quota":           oneRegion(aws.Region{Quotas: map[string]int{"tea": 1}}),
		"VPC id":          oneVPC(aws.VPC{ID: "main", CIDRs: []string{"10.0.0.0/16"}}),
		"VPC block":       oneVPC(aws.VPC{ID: "vpc-1", CIDRs: []string{"10"}}),
		"no VPC block":    oneVPC(aws.VPC{ID: "vpc-1"}),
		"subnet id":       oneVPC(aws.VPC{ID: "vpc-1", CIDRs: []string{"10.0.0.0/16"}, Subnets: []aws.Subnet{{ID: "a"}}}),
		"subnet zone":     oneVPC(aws.VPC{ID: "vpc-1", CIDRs: []string{"10.0.0.0/16"}, Subnets: []aws.Subnet{{ID: "subnet-1", Zone: "eu-west-1a"}}}),
		"security group":  oneVPC(aws.VPC{ID: "vpc-1", CIDRs: []string{"10.0.0.0/16"}, SecurityGroups: []aws.SecurityGroup{{ID: "sg-1"}}}),
		"instance subnet": oneVPC(aws.VPC{ID: "vpc-1", CIDRs: []string{"10.0.0.0/16"}, Instances: []aws.Instance{{ID: "i-1", Subnet: "subnet-none"}}}),
	} {
		sim, err := aws.Start(t.Context(), o)
		if err == nil {
			t.Errorf("%s: started with %+v", name, o)
			_ = sim.Close()
		}
	}
}

func oneVPC(v aws.VPC) aws.Options {
	return oneRegion(aws.Region{Inventory: aws.Inventory{VPCs: []aws.VPC{v}}})
}

func oneRegion(r aws.Region) aws.Options {
	return aws.Options{Addresses: "off", Accounts: []aws.Account{{ID: aws.DefaultAccount, Regions: map[string]aws.Region{"us-east-1": r}}}}
}

func TestEnvironment(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off", Accounts: []aws.Account{{ID: "111111111111", AccessKey: "AKIAMINE", SecretKey: "mine"}}})
	environ, err := sim.Environ("", "ap-southeast-2")
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, line := range environ {
		has[line] = true
	}
	for _, line := range []string{"AWS_ENDPOINT_URL=" + sim.URL(), "AWS_ACCESS_KEY_ID=AKIAMINE", "AWS_SECRET_ACCESS_KEY=mine", "AWS_REGION=ap-southeast-2"} {
		if !has[line] {
			t.Errorf("the environment lacks %s", line)
		}
	}
	config := sim.SDK("111111111111", "")
	if key, err := config.Credentials.Retrieve(t.Context()); err != nil || key.AccessKeyID != "AKIAMINE" || awssdk.ToString(config.BaseEndpoint) != sim.URL() {
		t.Errorf("the SDK's configuration is %+v, %v", key, err)
	}
	if _, err := sim.Environ("none", ""); err == nil {
		t.Error("there is an environment of no account")
	}
}
