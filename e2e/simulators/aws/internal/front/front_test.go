package front

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/smithy-go"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
	"fairway.dev/fairway/e2e/simulators/aws/internal/fault"
	"fairway.dev/fairway/e2e/simulators/aws/internal/identity"
	"fairway.dev/fairway/e2e/simulators/aws/internal/ledger"
	"fairway.dev/fairway/e2e/simulators/aws/internal/throttle"
)

const account = "123456789012"

// bench is a front with one dummy service and a client of it.
type bench struct {
	*Front
	url    string
	client *elb.Client
	// rules is how many rules were made.
	rules atomic.Int64
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{}
	directory := identity.New()
	directory.Add(identity.Key{ID: "AKIAEXAMPLE", Secret: "secret", Account: account, Principal: identity.UserARN(account, "tester")})
	var err error
	b.Front, err = New(Options{
		Services: map[string]map[string]api.Operation{"elbv2": {
			"DescribeRules": api.Op(func(c *api.Call, _ *elb.DescribeRulesInput) (*elb.DescribeRulesOutput, error) {
				return &elb.DescribeRulesOutput{NextMarker: aws.String(strings.Repeat("x", int(b.rules.Load())))}, nil
			}),
			"DeleteRule": api.Op(func(c *api.Call, in *elb.DeleteRuleInput) (*elb.DeleteRuleOutput, error) {
				return nil, api.Errorf("RuleNotFound", "no rule %s in %s of %s", *in.RuleArn, c.Region, c.Account)
			}),
			"SetIpAddressType": api.Op(func(*api.Call, *elb.SetIpAddressTypeInput) (*elb.SetIpAddressTypeOutput, error) {
				b.rules.Add(1)
				return &elb.SetIpAddressTypeOutput{}, nil
			}),
			"DeleteTargetGroup": api.Op(func(*api.Call, *elb.DeleteTargetGroupInput) (*elb.DeleteTargetGroupOutput, error) {
				panic("a bug")
			}),
		}},
		Directory: directory, Clock: clock.New(time.Now(), 1), Throttle: throttle.New(1, time.Now),
		Faults: fault.New(), Ledger: ledger.New(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b.Front)
	t.Cleanup(server.Close)
	b.url = server.URL
	b.client = b.as("AKIAEXAMPLE", "secret")
	return b
}

// as is a client that does not retry.
func (b *bench) as(key, secret string) *elb.Client {
	return elb.New(elb.Options{
		BaseEndpoint: aws.String(b.url), Region: "eu-west-1", AppID: "test", RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(key, secret, ""),
	})
}

func (b *bench) describe(ctx context.Context) error {
	_, err := b.client.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: aws.String("arn:x")})
	return err
}

func (b *bench) change(ctx context.Context) error {
	_, err := b.client.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: aws.String("arn:x"), IpAddressType: "ipv4"})
	return err
}

func code(err error) string {
	var failure smithy.APIError
	if errors.As(err, &failure) {
		return failure.ErrorCode()
	}
	if err != nil {
		return "no answer"
	}
	return ""
}

func TestErrorsOnTheWire(t *testing.T) {
	b := newBench(t)
	_, err := b.client.DeleteRule(t.Context(), &elb.DeleteRuleInput{RuleArn: aws.String("arn:x")})
	if code(err) != "RuleNotFound" || !strings.Contains(err.Error(), "no rule arn:x in eu-west-1 of "+account) {
		t.Errorf("a service's error is %v", err)
	}
	_, err = b.client.DescribeRules(t.Context(), &elb.DescribeRulesInput{PageSize: aws.Int32(401)})
	if code(err) != "ValidationError" || !strings.Contains(err.Error(), "at 'pageSize' failed to satisfy constraint: Member must have value less than or equal to 400") {
		t.Errorf("a value beyond the model's is %v", err)
	}
	_, err = b.client.DeleteTargetGroup(t.Context(), &elb.DeleteTargetGroupInput{TargetGroupArn: aws.String("arn:x")})
	if code(err) != "InternalFailure" {
		t.Errorf("a bug is %v", err)
	}
	_, err = b.client.DescribeTags(t.Context(), &elb.DescribeTagsInput{ResourceArns: []string{"arn:x"}})
	if code(err) != "NotImplemented" {
		t.Errorf("an operation that is not there is %v", err)
	}
	b.client = b.as("AKIAEXAMPLE", "wrong")
	if err := b.describe(t.Context()); code(err) != "SignatureDoesNotMatch" {
		t.Errorf("a wrong secret is %v", err)
	}
	b.client = b.as("AKIAOTHER", "secret")
	if err := b.describe(t.Context()); code(err) != "InvalidClientTokenId" {
		t.Errorf("an unknown key is %v", err)
	}
}

func TestRequestsThatNoSDKSends(t *testing.T) {
	b := newBench(t)
	b.Unsigned = true
	const signed = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/eu-west-1/elasticloadbalancing/aws4_request, SignedHeaders=host, Signature=0"
	for _, c := range []struct {
		name, authorization, body string
		status                    int
		want                      string
	}{
		{"no signature", "", "Action=DescribeRules&Version=2015-12-01", 403, "<Code>MissingAuthenticationToken</Code>"},
		{"no service", "", "hello", 404, "the simulator has no such service"},
		{"no action", signed, "Version=2015-12-01", 400, "<Code>MissingAction</Code>"},
		{"another version", signed, "Action=DescribeRules&Version=2012-06-01", 400, "<Code>InvalidAction</Code>"},
		{"unknown action", signed, "Action=Explode&Version=2015-12-01", 400, "Could not find operation Explode for version 2015-12-01"},
		{"broken form", signed, "Action=%zz", 404, "<Code>MalformedQueryString</Code>"},
		{"unknown parameter", signed, "Action=DescribeRules&Version=2015-12-01&Colour=red", 400, "Colour"},
		{"unknown parameter below", signed, "Action=DescribeRules&Version=2015-12-01&RuleArns.member.1.Colour=red", 400, "<Code>MalformedInput</Code>"},
		{"a word for a number", signed, "Action=DescribeRules&Version=2015-12-01&PageSize=many", 400, "<Code>MalformedInput</Code>"},
		{"a value for a list", signed, "Action=DescribeRules&Version=2015-12-01&RuleArns=a", 400, "<Code>MalformedInput</Code>"},
		{"fine", signed, "Action=DescribeRules&Version=2015-12-01&RuleArns.member.1=a", 200, "<DescribeRulesResult>"},
		{"an empty list", signed, "Action=DescribeRules&Version=2015-12-01&RuleArns=", 200, "<RequestId>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(c.body))
			request.Header.Set("Authorization", c.authorization)
			request.Header.Set("X-Amz-Date", "20260101T000000Z")
			answer := httptest.NewRecorder()
			b.ServeHTTP(answer, request)
			if answer.Code != c.status || !strings.Contains(answer.Body.String(), c.want) {
				t.Errorf("answer is %d %s", answer.Code, answer.Body)
			}
		})
	}
}

func TestThrottleIsAnsweredWith400(t *testing.T) {
	b := newBench(t)
	for range 20 {
		if err := b.change(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	err := b.change(t.Context())
	var status interface{ HTTPStatusCode() int }
	if code(err) != "ThrottlingException" || !errors.As(err, &status) || status.HTTPStatusCode() != 400 {
		t.Errorf("the call beyond the bucket got %v", err)
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		rule fault.Rule
		// code is that of a mutation's answer; done says whether it was done all the same.
		code string
		done int64
	}{
		{fault.Rule{Kind: fault.Throttle}, "ThrottlingException", 0},
		{fault.Rule{Kind: fault.Error}, "InternalFailure", 0},
		{fault.Rule{Kind: fault.Error, Code: "TooManyRules", Message: "full"}, "TooManyRules", 0},
		{fault.Rule{Kind: fault.Error, Status: 503}, "InternalFailure", 0},
		{fault.Rule{Kind: fault.Denied}, "AccessDenied", 0},
		{fault.Rule{Kind: fault.Cut}, "no answer", 0},
		{fault.Rule{Kind: fault.Lost}, "no answer", 1},
		{fault.Rule{Kind: fault.Slow, Delay: clock.Duration(time.Millisecond)}, "", 1},
	} {
		t.Run(string(c.rule.Kind)+c.rule.Code, func(t *testing.T) {
			b := newBench(t)
			c.rule.Operation, c.rule.Resource, c.rule.Times = "Set*", "arn:x", 1
			if _, err := b.Faults.Add(c.rule); err != nil {
				t.Fatal(err)
			}
			if err := b.change(t.Context()); code(err) != c.code {
				t.Errorf("got %v, want %q", err, c.code)
			}
			if done := b.rules.Load(); done != c.done {
				t.Errorf("done %d times, want %d", done, c.done)
			}
			if err := b.change(t.Context()); err != nil {
				t.Errorf("the next call got %v", err)
			}
		})
	}
}

func TestStaleRead(t *testing.T) {
	b := newBench(t)
	if _, err := b.Faults.Add(fault.Rule{Kind: fault.Stale, Operation: "DescribeRules", Times: 2}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"", "", "x"} {
		out, err := b.client.DescribeRules(t.Context(), &elb.DescribeRulesInput{ListenerArn: aws.String("arn:x")})
		if err != nil || aws.ToString(out.NextMarker) != want {
			t.Errorf("read %d is %v, %v, want %q", i+1, aws.ToString(out.NextMarker), err, want)
		}
		if b.rules.Load() == 0 {
			if err := b.change(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestLedgerCountsAttempts(t *testing.T) {
	b := newBench(t)
	if _, err := b.Faults.Add(fault.Rule{Kind: fault.Error, Times: 1}); err != nil {
		t.Fatal(err)
	}
	retrying := elb.New(elb.Options{
		BaseEndpoint: aws.String(b.url), Region: "eu-west-1", AppID: "test",
		Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "secret", ""),
	})
	if _, err := retrying.DescribeRules(t.Context(), &elb.DescribeRulesInput{ListenerArn: aws.String("arn:x")}); err != nil {
		t.Fatal(err)
	}
	got := b.Ledger.Since(0)
	if len(got) != 2 || got[0].Outcome != "InternalFailure" || got[0].Attempt != 1 || got[1].Outcome != ledger.OK ||
		got[1].Attempt != 2 || got[1].Operation != "DescribeRules" || got[1].Client != "test" || got[1].Account != account {
		t.Errorf("the ledger has %+v", got)
	}
}
