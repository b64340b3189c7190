package model

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func TestValidate(t *testing.T) {
	rule := func(change func(*elb.CreateRuleInput)) *elb.CreateRuleInput {
		in := &elb.CreateRuleInput{
			ListenerArn: aws.String("arn"), Priority: aws.Int32(1), Conditions: []types.RuleCondition{},
			Actions: []types.Action{{Type: types.ActionTypeEnumForward}},
		}
		change(in)
		return in
	}
	for _, c := range []struct {
		name, service, operation string
		input                    any
		want                     string
	}{
		{"fine", "elbv2", "CreateRule", rule(func(*elb.CreateRuleInput) {}), ""},
		{
			"nothing given", "elbv2", "CreateRule", &elb.CreateRuleInput{},
			"ValidationError: 4 validation errors detected: Value null at 'listenerArn' failed to satisfy constraint: Member must not be null; Value null at 'conditions'",
		},
		{
			"priority too high", "elbv2", "CreateRule", rule(func(in *elb.CreateRuleInput) { in.Priority = aws.Int32(50001) }),
			"ValidationError: 1 validation error detected: Value '50001' at 'priority' failed to satisfy constraint: Member must have value less than or equal to 50000",
		},
		{"priority at the limit", "elbv2", "CreateRule", rule(func(in *elb.CreateRuleInput) { in.Priority = aws.Int32(50000) }), ""},
		{
			"unknown action", "elbv2", "CreateRule", rule(func(in *elb.CreateRuleInput) { in.Actions[0].Type = "send" }),
			"Value 'send' at 'actions.1.member.type' failed to satisfy constraint: Member must satisfy enum value set: [",
		},
		{
			"a newer shape's member", "elbv2", "CreateRule", rule(func(in *elb.CreateRuleInput) {
				in.Transforms = []types.RuleTransform{{Type: types.TransformTypeEnumUrlRewrite, UrlRewriteConfig: &types.UrlRewriteConfig{
					Rewrites: []types.RewriteConfig{{Regex: aws.String("^/a")}},
				}}}
			}), "Value null at 'transforms.1.member.urlRewriteConfig.rewrites.1.member.replace'",
		},
		{
			"tag key too long", "elbv2", "CreateRule", rule(func(in *elb.CreateRuleInput) {
				in.Tags = []types.Tag{{Key: aws.String(strings.Repeat("k", 129))}}
			}), "Member must have length less than or equal to 128",
		},
		{
			"tag key's characters", "elbv2", "CreateRule", rule(func(in *elb.CreateRuleInput) {
				in.Tags = []types.Tag{{Key: aws.String("a{b")}}
			}), "at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: ^(",
		},
		{"ec2's own form", "ec2", "CreateSecurityGroup", &ec2.CreateSecurityGroupInput{GroupName: aws.String("a")}, "MissingParameter: The request must contain the parameter "},
		{"acm's own code", "acm", "ImportCertificate", &acm.ImportCertificateInput{}, "ValidationException: 2 validation errors detected: Value null at 'certificate'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			service, err := Of(c.service)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if failure := service.Validate(c.operation, c.input); failure != nil {
				got = failure.Error()
			}
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
