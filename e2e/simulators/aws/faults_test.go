package aws_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"fairway.dev/fairway/e2e/simulators/aws"
)

// TestEveryFaultOfEveryService has each kind of fault once in each protocol and service: what the SDK sees, what the
// ledger says, and that it is over after as many calls as it was to last.
func TestEveryFaultOfEveryService(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off"})
	config := sim.SDK("", "")
	config.RetryMaxAttempts = 1
	ctx := t.Context()
	for service, c := range map[string]struct {
		call              func() error
		throttled, denied string
	}{
		"elbv2": {func() error {
			_, err := elb.NewFromConfig(config).DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{})
			return err
		}, "ThrottlingException", "AccessDenied"},
		"ec2": {func() error {
			_, err := ec2.NewFromConfig(config).DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
			return err
		}, "RequestLimitExceeded", "UnauthorizedOperation"},
		"acm": {func() error {
			_, err := acm.NewFromConfig(config).ListCertificates(ctx, &acm.ListCertificatesInput{})
			return err
		}, "ThrottlingException", "AccessDeniedException"},
		"sts": {func() error {
			_, err := sts.NewFromConfig(config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			return err
		}, "Throttling", "AccessDenied"},
		"tagging": {func() error {
			_, err := resourcegroupstaggingapi.NewFromConfig(config).GetResources(ctx, &resourcegroupstaggingapi.GetResourcesInput{})
			return err
		}, "ThrottledException", "AccessDeniedException"},
		"quotas": {func() error {
			_, err := servicequotas.NewFromConfig(config).ListServices(ctx, &servicequotas.ListServicesInput{})
			return err
		}, "TooManyRequestsException", "AccessDeniedException"},
	} {
		for kind, want := range map[aws.Fault]struct{ code, outcome string }{
			{Kind: aws.FaultThrottle}: {c.throttled, c.throttled},
			{Kind: aws.FaultDenied}:   {c.denied, c.denied},
			{Kind: aws.FaultError}:    {"InternalFailure", "InternalFailure"},
			{Kind: aws.FaultError, Code: "ServiceUnavailable", Status: 503}: {"ServiceUnavailable", "ServiceUnavailable"},
			{Kind: aws.FaultLost}: {"EOF", "lost"},
			{Kind: aws.FaultCut}:  {"EOF", "cut"},
			{Kind: aws.FaultSlow, Delay: aws.Duration(time.Millisecond)}: {"", "ok"},
			{Kind: aws.FaultStale}: {"", "ok"},
		} {
			kind.Service, kind.First, kind.Times = service, 2, 1
			got(sim.AddFault(kind))(t)
			for i, want := range []string{"", want.code, ""} {
				err := c.call()
				if (err == nil) != (want == "") || !strings.HasSuffix(code(err), want) {
					t.Errorf("%s, %s: call %d got %v, want %q", service, kind.Kind, i+1, err, want)
				}
			}
			if last := sim.Calls(sim.Mark() - 2)[0]; last.Service != service || last.Outcome != want.outcome {
				t.Errorf("%s, %s: the ledger has %+v", service, kind.Kind, last)
			}
			sim.ClearFaults()
		}
	}
}
