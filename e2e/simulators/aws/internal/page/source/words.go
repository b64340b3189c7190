package source

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/page"
)

// rules are a listener's in the order of their evaluation, the default rule last.
func (r reader) rules(listener string, names map[string]string) []page.Rule {
	var all []types.Rule
	in := &elb.DescribeRulesInput{ListenerArn: aws.String(listener)}
	for {
		out := describe[elb.DescribeRulesOutput](r, "DescribeRules", in)
		all = append(all, out.Rules...)
		if in.Marker = out.NextMarker; aws.ToString(in.Marker) == "" {
			break
		}
	}
	slices.SortStableFunc(all, func(a, b types.Rule) int { return cmp.Compare(priority(a), priority(b)) })
	shown := make([]page.Rule, 0, len(all))
	for _, rule := range all {
		words := page.Rule{ARN: aws.ToString(rule.RuleArn), Priority: aws.ToString(rule.Priority)}
		for _, c := range rule.Conditions {
			words.Conditions = append(words.Conditions, condition(c))
		}
		for _, t := range rule.Transforms {
			words.Transforms = append(words.Transforms, transform(t)...)
		}
		for _, a := range rule.Actions {
			words.Actions = append(words.Actions, action(a, names)...)
		}
		shown = append(shown, words)
	}
	return shown
}

func priority(r types.Rule) int {
	if n, err := strconv.Atoi(aws.ToString(r.Priority)); err == nil {
		return n
	}
	return math.MaxInt
}

// condition is a condition in words.
func condition(c types.RuleCondition) string {
	subject := aws.ToString(c.Field)
	var values, expressions []string
	switch {
	case c.HostHeaderConfig != nil:
		values, expressions = c.HostHeaderConfig.Values, c.HostHeaderConfig.RegexValues
	case c.PathPatternConfig != nil:
		values, expressions = c.PathPatternConfig.Values, c.PathPatternConfig.RegexValues
	case c.HttpHeaderConfig != nil:
		subject += " " + aws.ToString(c.HttpHeaderConfig.HttpHeaderName)
		values, expressions = c.HttpHeaderConfig.Values, c.HttpHeaderConfig.RegexValues
	case c.HttpRequestMethodConfig != nil:
		values = c.HttpRequestMethodConfig.Values
	case c.SourceIpConfig != nil:
		values = c.SourceIpConfig.Values
		if family := c.SourceIpConfig.IpAddressType; family != "" {
			values = []string{string(family)}
		}
	case c.QueryStringConfig != nil:
		for _, q := range c.QueryStringConfig.Values {
			values = append(values, cmp.Or(aws.ToString(q.Key), "(any key)")+"="+aws.ToString(q.Value))
		}
	default:
		values, expressions = c.Values, c.RegexValues
	}
	if len(expressions) > 0 {
		return subject + " matches " + strings.Join(expressions, " or ")
	}
	return subject + " is " + strings.Join(values, " or ")
}

func transform(t types.RuleTransform) []string {
	var rewrites []types.RewriteConfig
	if t.HostHeaderRewriteConfig != nil {
		rewrites = append(rewrites, t.HostHeaderRewriteConfig.Rewrites...)
	}
	if t.UrlRewriteConfig != nil {
		rewrites = append(rewrites, t.UrlRewriteConfig.Rewrites...)
	}
	words := make([]string, 0, len(rewrites))
	for _, r := range rewrites {
		words = append(words, fmt.Sprintf("%s: %s becomes %s", t.Type, aws.ToString(r.Regex), aws.ToString(r.Replace)))
	}
	return words
}

// action is an action in words, a line for each target group.
func action(a types.Action, names map[string]string) []string {
	switch {
	case a.ForwardConfig != nil && len(a.ForwardConfig.TargetGroups) > 0:
		var words []string
		for _, g := range a.ForwardConfig.TargetGroups {
			line := "forward to " + named(names, aws.ToString(g.TargetGroupArn))
			if len(a.ForwardConfig.TargetGroups) > 1 {
				line += fmt.Sprintf(", weight %d", aws.ToInt32(g.Weight))
			}
			words = append(words, line)
		}
		if s := a.ForwardConfig.TargetGroupStickinessConfig; s != nil && aws.ToBool(s.Enabled) {
			words = append(words, fmt.Sprintf("sticky for %d s", aws.ToInt32(s.DurationSeconds)))
		}
		return words
	case a.TargetGroupArn != nil:
		return []string{"forward to " + named(names, aws.ToString(a.TargetGroupArn))}
	case a.RedirectConfig != nil:
		c := a.RedirectConfig
		return []string{fmt.Sprintf("redirect %s to %s://%s:%s%s?%s", c.StatusCode, aws.ToString(c.Protocol), aws.ToString(c.Host), aws.ToString(c.Port), aws.ToString(c.Path), aws.ToString(c.Query))}
	case a.FixedResponseConfig != nil:
		return []string{fmt.Sprintf("answer %s %s", aws.ToString(a.FixedResponseConfig.StatusCode), aws.ToString(a.FixedResponseConfig.MessageBody))}
	default:
		return []string{string(a.Type)}
	}
}

// named is a target group's name, or its ARN when it is not known.
func named(names map[string]string, arn string) string { return cmp.Or(names[arn], arn) }
