package throttle

import (
	"testing"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

func TestBuckets(t *testing.T) {
	for _, c := range []struct {
		service, operation string
		tokens, perSecond  int
		code               string
	}{
		{"elbv2", "DescribeRules", 200, 50, "ThrottlingException"},
		{"elbv2", "RegisterTargets", 20, 4, "ThrottlingException"},
		{"elbv2", "ModifyRule", 20, 3, "ThrottlingException"},
		{"elbv2", "CreateRule", 20, 3, "ThrottlingException"},
		{"ec2", "DescribeSubnets", 100, 20, "RequestLimitExceeded"},
		{"ec2", "CreateSecurityGroup", 50, 5, "RequestLimitExceeded"},
		{"acm", "ImportCertificate", 1, 1, "ThrottlingException"},
		{"acm", "DescribeCertificate", 10, 10, "ThrottlingException"},
		{"tagging", "GetResources", 15, 15, "ThrottledException"},
		{"quotas", "ListServiceQuotas", 10, 10, "TooManyRequestsException"},
		{"sts", "GetCallerIdentity", 600, 600, "Throttling"},
	} {
		t.Run(c.service+" "+c.operation, func(t *testing.T) {
			now := time.Unix(1000, 0)
			throttle := New(1, func() time.Time { return now })
			call := &api.Call{Account: "1", Region: "x"}
			if got := drain(throttle, call, c.service, c.operation); got != c.tokens {
				t.Errorf("%d calls at once, want %d", got, c.tokens)
			}
			if err := throttle.Allow(call, c.service, c.operation); err == nil || err.Code != c.code {
				t.Errorf("refused with %v, want %s", err, c.code)
			}
			if throttle.Allow(&api.Call{Account: "1", Region: "y"}, c.service, c.operation) != nil {
				t.Error("another region shares the bucket")
			}
			now = now.Add(time.Second)
			if got := drain(throttle, call, c.service, c.operation); got != c.perSecond {
				t.Errorf("%d calls a second later, want %d", got, c.perSecond)
			}
			throttle.SetScale(0)
			if throttle.Allow(call, c.service, c.operation) != nil {
				t.Error("refused though switched off")
			}
		})
	}
}

func TestClassesAreApart(t *testing.T) {
	now := time.Unix(1000, 0)
	throttle := New(1, func() time.Time { return now })
	call := &api.Call{}
	drain(throttle, call, "elbv2", "ModifyRule")
	if throttle.Allow(call, "elbv2", "ModifyListener") == nil {
		t.Error("two operations of a class have a bucket each")
	}
	if throttle.Allow(call, "elbv2", "RegisterTargets") != nil {
		t.Error("two classes share a bucket")
	}
}

func drain(throttle *Throttle, call *api.Call, service, operation string) int {
	n := 0
	for throttle.Allow(call, service, operation) == nil {
		n++
	}
	return n
}
