package source

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// TestWords reads conditions and actions aloud.
func TestWords(t *testing.T) {
	for want, c := range map[string]types.RuleCondition{
		"host-header is a.com or b.com":      {Field: aws.String("host-header"), HostHeaderConfig: &types.HostHeaderConditionConfig{Values: []string{"a.com", "b.com"}}},
		"path-pattern matches ^/a$":          {Field: aws.String("path-pattern"), PathPatternConfig: &types.PathPatternConditionConfig{RegexValues: []string{"^/a$"}}},
		"path-pattern is /old":               {Field: aws.String("path-pattern"), Values: []string{"/old"}},
		"http-header X-Env is 1":             {Field: aws.String("http-header"), HttpHeaderConfig: &types.HttpHeaderConditionConfig{HttpHeaderName: aws.String("X-Env"), Values: []string{"1"}}},
		"http-request-method is GET":         {Field: aws.String("http-request-method"), HttpRequestMethodConfig: &types.HttpRequestMethodConditionConfig{Values: []string{"GET"}}},
		"source-ip is 10.0.0.0/8":            {Field: aws.String("source-ip"), SourceIpConfig: &types.SourceIpConditionConfig{Values: []string{"10.0.0.0/8"}}},
		"query-string is v=1 or (any key)=2": {Field: aws.String("query-string"), QueryStringConfig: &types.QueryStringConditionConfig{Values: []types.QueryStringKeyValuePair{{Key: aws.String("v"), Value: aws.String("1")}, {Value: aws.String("2")}}}},
	} {
		if got := condition(c); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	names := map[string]string{"arn:blue": "blue"}
	for _, c := range []struct {
		action types.Action
		want   []string
	}{
		{types.Action{TargetGroupArn: aws.String("arn:blue")}, []string{"forward to blue"}},
		{types.Action{ForwardConfig: &types.ForwardActionConfig{
			TargetGroups:                []types.TargetGroupTuple{{TargetGroupArn: aws.String("arn:blue"), Weight: aws.Int32(3)}, {TargetGroupArn: aws.String("arn:x"), Weight: aws.Int32(1)}},
			TargetGroupStickinessConfig: &types.TargetGroupStickinessConfig{Enabled: aws.Bool(true), DurationSeconds: aws.Int32(60)},
		}}, []string{"forward to blue, weight 3", "forward to arn:x, weight 1", "sticky for 60 s"}},
		{types.Action{FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("404"), MessageBody: aws.String("no")}}, []string{"answer 404 no"}},
		{types.Action{Type: types.ActionTypeEnumAuthenticateOidc}, []string{"authenticate-oidc"}},
	} {
		if got := action(c.action, names); !slices.Equal(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
