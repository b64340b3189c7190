package elbv2_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func condition(field string) types.RuleCondition {
	return types.RuleCondition{Field: aws.String(field)}
}

func hosts(values ...string) types.RuleCondition {
	c := condition("host-header")
	c.HostHeaderConfig = &types.HostHeaderConditionConfig{Values: values}
	return c
}

func path(values ...string) types.RuleCondition { return paths(values...)[0] }

func header(name string, values ...string) types.RuleCondition {
	c := condition("http-header")
	c.HttpHeaderConfig = &types.HttpHeaderConditionConfig{HttpHeaderName: aws.String(name), Values: values}
	return c
}

func methods(values ...string) types.RuleCondition {
	c := condition("http-request-method")
	c.HttpRequestMethodConfig = &types.HttpRequestMethodConditionConfig{Values: values}
	return c
}

func queries(values ...string) types.RuleCondition {
	c := condition("query-string")
	c.QueryStringConfig = &types.QueryStringConditionConfig{}
	for _, v := range values {
		c.QueryStringConfig.Values = append(c.QueryStringConfig.Values, types.QueryStringKeyValuePair{Key: aws.String("k"), Value: aws.String(v)})
	}
	return c
}

func sources(values ...string) types.RuleCondition {
	c := condition("source-ip")
	c.SourceIpConfig = &types.SourceIpConditionConfig{Values: values}
	return c
}

func regexPath(values ...string) types.RuleCondition {
	c := condition("path-pattern")
	c.RegexValues = values
	return c
}

func plainPath(values ...string) types.RuleCondition {
	c := condition("path-pattern")
	c.Values = values
	return c
}

func all(c ...types.RuleCondition) []types.RuleCondition { return c }

// conditionCase has conditions and the text of the ValidationError; an empty one means that they are fine.
type conditionCase struct {
	name       string
	conditions []types.RuleCondition
	text       string
}

func judgeConditions(t *testing.T, cases []conditionCase) {
	t.Helper()
	w := start(t)
	l := w.listener(w.balancer("web").LoadBalancerArn, 80, fixed("404"))
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			out, err := w.CreateRule(t.Context(), &elb.CreateRuleInput{ListenerArn: &l, Priority: aws.Int32(int32(i + 1)), Conditions: c.conditions, Actions: fixed("200")})
			if c.text != "" {
				wantCode(t, err, "ValidationError", c.text)
				return
			}
			must(out, err)(t)
		})
	}
}

// TestConditionCounts has the limits of a rule: under, at and over. [DOC quotas; SDK types.RuleCondition]
func TestConditionCounts(t *testing.T) {
	judgeConditions(t, []conditionCase{
		{"4 values", all(path("/a", "/b"), hosts("a.com", "b.com")), ""},
		{"5 values", all(path("/a", "/b"), hosts("a.com"), methods("GET"), header("x", "y")), ""},
		{"6 values", all(path("/a", "/b"), hosts("a.com"), methods("GET", "PUT"), header("x", "y")), "A rule can only have '5' condition values"},
		{"5 in one", all(path("/a", "/b", "/c", "/d", "/e")), ""},
		{"6 in one", all(path("/a", "/b", "/c", "/d", "/e", "/f")), "A rule can only have '5' condition values"},
		{"regexes count", all(regexPath("^/a$", "^/b$"), methods("A", "B", "C", "D")), "A rule can only have '5' condition values"},
		{"4 wildcards", all(path("/*/*/*/*")), ""},
		{"5 wildcards", all(path("/?/*/*"), hosts("*.a.*")), ""},
		{"6 wildcards", all(path("/?/*/*"), hosts("*.a.*"), header("x", "?")), "condition wildcards"},
		{"escaped wildcards of a query do not count", all(path("/?/*/*"), hosts("*.a.*"), queries(`\*\?`)), ""},
		{"wildcards of a query count", all(path("/?/*/*"), hosts("*.a.*"), queries("*")), "condition wildcards"},
		{"2 hosts conditions", all(hosts("a.com"), hosts("b.com")), "can only have one 'host-header' condition"},
		{"2 path conditions", all(path("/a"), path("/b")), "can only have one 'path-pattern' condition"},
		{"2 method conditions", all(methods("GET"), methods("PUT")), "can only have one 'http-request-method' condition"},
		{"2 source conditions", all(sources("10.0.0.0/8"), sources("11.0.0.0/8")), "can only have one 'source-ip' condition"},
		{"2 header conditions", all(header("x", "y"), header("x", "z")), ""},
		{"2 query conditions", all(queries("y"), queries("z")), ""},
		{"none", []types.RuleCondition{}, "condition"},
	})
}

// TestConditionValues has the rules on single values. [SDK types.RuleCondition and its configurations]
func TestConditionValues(t *testing.T) {
	long := strings.Repeat("a", 128)
	judgeConditions(t, []conditionCase{
		{"path of 128", all(path("/" + long[1:])), ""},
		{"path of 129", all(path("/" + long)), "cannot be longer than '128'"},
		{"empty path", all(path("")), "cannot be empty"},
		{"header name of 40", all(header(long[:40], "y")), ""},
		{"header name of 41", all(header(long[:41], "y")), "cannot be longer than '40'"},
		{"header name with a wildcard", all(header("x-*", "y")), "contains a character that is not valid"},
		{"host as a header", all(header("Host", "y")), "use a host-header condition"},
		{"header value of 128", all(header("x", long)), ""},
		{"header value of 129", all(header("x", long+"a")), "cannot be longer than '128'"},
		{"method of 40", all(methods(strings.Repeat("A", 40))), ""},
		{"method of 41", all(methods(strings.Repeat("A", 41))), "cannot be longer than '40'"},
		{"method in lower case", all(methods("get")), "contains a character that is not valid"},
		{"host of 128", all(hosts(strings.Repeat("a", 124) + ".com")), ""},
		{"host of 129", all(hosts(strings.Repeat("a", 125) + ".com")), "cannot be longer than '128'"},
		{"host with a port", all(hosts("a.com:8080")), "contains a character that is not valid"},
		{"host without a dot", all(hosts("localhost")), "at least one '.'"},
		{"host with digits at its end", all(hosts("10.0.0.1")), "only alphabetical characters after the final '.'"},
		{"host with an underscore", all(hosts("a_b.com")), ""},
		{"path with all characters", all(path(`/_-.$~"'@:+&*?aZ9`)), ""},
		{"path with a space", all(path("/a b")), "contains a character that is not valid"},
		{"path with a percent sign", all(path("/%20")), "contains a character that is not valid"},
		{"source of IPv6", all(sources("2001:db8::/32", "10.0.0.0/8")), ""},
		{"source that is no CIDR", all(sources("10.0.0.1")), "is not valid"},
		{"query without a value", all(types.RuleCondition{Field: aws.String("query-string"), QueryStringConfig: &types.QueryStringConditionConfig{Values: []types.QueryStringKeyValuePair{{Key: aws.String("k")}}}}), "must specify a value"},
		{"query without a key", all(types.RuleCondition{Field: aws.String("query-string"), QueryStringConfig: &types.QueryStringConditionConfig{Values: []types.QueryStringKeyValuePair{{Value: aws.String("v")}}}}), ""},
		{"plain values", all(plainPath("/a")), ""},
		{"plain values and a configuration", all(types.RuleCondition{Field: aws.String("path-pattern"), Values: []string{"/a"}, PathPatternConfig: &types.PathPatternConditionConfig{Values: []string{"/a"}}}), "can't specify both"},
		{"values and regexes", all(types.RuleCondition{Field: aws.String("path-pattern"), Values: []string{"/a"}, RegexValues: []string{"/a"}}), "can't specify both"},
		{"regex of 128", all(regexPath(long)), ""},
		{"regex of 129", all(regexPath(long + "a")), "cannot be longer than '128'"},
		{"regex with lookahead", all(regexPath("^(?!a)")), "is not valid"},
		{"regex with backreference", all(regexPath(`^(a)\1`)), "is not valid"},
		{"regex with a Unicode class", all(regexPath(`^\p{L}`)), "is not valid"},
		{"regex with an escaped backslash", all(regexPath(`^\\p`)), ""},
		{"regex for a method", all(types.RuleCondition{Field: aws.String("http-request-method"), RegexValues: []string{"G"}}), "can only be specified when"},
		{"another field's configuration", all(types.RuleCondition{Field: aws.String("path-pattern"), HostHeaderConfig: &types.HostHeaderConditionConfig{Values: []string{"a.com"}}}), "cannot be specified when the field is"},
		{"no values", all(condition("host-header")), "cannot be empty"},
		{"unknown field", all(condition("cookie")), "must be one of"},
		{"address family", all(types.RuleCondition{Field: aws.String("source-ip"), SourceIpConfig: &types.SourceIpConditionConfig{IpAddressType: types.SourceIpAddressTypeEnumIpv4, Values: []string{"10.0.0.0/8"}}}), "Network Load Balancers only"},
	})
}

func TestConditionsAreDescribedInBothForms(t *testing.T) {
	w := start(t)
	l := w.listener(w.balancer("web").LoadBalancerArn, 80, fixed("404"))
	out := must(w.CreateRule(t.Context(), &elb.CreateRuleInput{ListenerArn: &l, Priority: aws.Int32(1), Conditions: all(plainPath("/a"), hosts("b.com")), Actions: fixed("200")}))(t)
	c := out.Rules[0].Conditions
	if fmt.Sprint(c[0].Values, c[0].PathPatternConfig.Values, c[1].Values, c[1].HostHeaderConfig.Values) != "[/a] [/a] [b.com] [b.com]" {
		t.Errorf("described as %+v", c)
	}
}

func TestTransforms(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	l := w.listener(w.balancer("web").LoadBalancerArn, 80, fixed("404"))
	rewrite := func(regex, replace string) types.RuleTransform {
		return types.RuleTransform{Type: types.TransformTypeEnumUrlRewrite, UrlRewriteConfig: &types.UrlRewriteConfig{
			Rewrites: []types.RewriteConfig{{Regex: aws.String(regex), Replace: aws.String(replace)}},
		}}
	}
	host := types.RuleTransform{Type: types.TransformTypeEnumHostHeaderRewrite, HostHeaderRewriteConfig: &types.HostHeaderRewriteConfig{
		Rewrites: []types.RewriteConfig{{Regex: aws.String("^(.*)$"), Replace: aws.String("x.$1")}},
	}}
	long := strings.Repeat("a", 1024)
	for i, c := range []struct {
		name       string
		transforms []types.RuleTransform
		text       string
	}{
		{"one of each", []types.RuleTransform{rewrite("^/a", "/b"), host}, ""},
		{"two of a kind", []types.RuleTransform{rewrite("^/a", "/b"), rewrite("^/c", "/d")}, "can only have one transform of type 'url-rewrite'"},
		{"1024 characters", []types.RuleTransform{rewrite(long, long)}, ""},
		{"expression of 1025", []types.RuleTransform{rewrite(long+"a", "")}, "1024"},
		{"replacement of 1025", []types.RuleTransform{rewrite("a", long+"a")}, "1024"},
		{"bad expression", []types.RuleTransform{rewrite("(", "")}, "is not valid"},
		{"no configuration", []types.RuleTransform{{Type: types.TransformTypeEnumUrlRewrite}}, "you must specify only the following fields"},
		{"two rewrites", []types.RuleTransform{{Type: types.TransformTypeEnumUrlRewrite, UrlRewriteConfig: &types.UrlRewriteConfig{Rewrites: append(rewrite("a", "b").UrlRewriteConfig.Rewrites, rewrite("a", "b").UrlRewriteConfig.Rewrites...)}}}, "exactly one rewrite"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: &l, Priority: aws.Int32(int32(i + 1)), Conditions: paths("/"), Actions: fixed("200"), Transforms: c.transforms})
			if c.text != "" {
				wantCode(t, err, "ValidationError", c.text)
			} else if err != nil {
				t.Fatal(err)
			}
		})
	}
	u := *must(w.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: &l, Priority: aws.Int32(100), Conditions: paths("/"), Actions: fixed("200"), Transforms: []types.RuleTransform{host}}))(t).Rules[0].RuleArn
	if out := must(w.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: &u, Transforms: []types.RuleTransform{}}))(t); len(out.Rules[0].Transforms) != 1 {
		t.Error("an empty list cleared the transforms")
	}
	_, err := w.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: &u, Transforms: []types.RuleTransform{host}, ResetTransforms: aws.Bool(true)})
	wantCode(t, err, "ValidationError", "at the same time")
	if out := must(w.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: &u, ResetTransforms: aws.Bool(true)}))(t); len(out.Rules[0].Transforms) != 0 {
		t.Error("ResetTransforms left transforms")
	}
}

func TestPriorities(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	l := w.listener(w.balancer("web").LoadBalancerArn, 80, fixed("404"))
	create := func(p int32) (string, error) {
		out, err := w.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: &l, Priority: aws.Int32(p), Conditions: paths("/"), Actions: fixed("200")})
		if err != nil {
			return "", err
		}
		return *out.Rules[0].RuleArn, nil
	}
	for _, p := range []int32{0, 50001} {
		_, err := create(p)
		wantCode(t, err, "ValidationError", "")
	}
	first, second, last := must(create(1))(t), must(create(2))(t), must(create(50000))(t)
	_, err := create(2)
	wantCode(t, err, "PriorityInUse", "Priority '2' is currently in use")

	set := func(pairs ...types.RulePriorityPair) error {
		_, err := w.SetRulePriorities(ctx, &elb.SetRulePrioritiesInput{RulePriorities: pairs})
		return err
	}
	to := func(arn string, p int32) types.RulePriorityPair {
		return types.RulePriorityPair{RuleArn: aws.String(arn), Priority: aws.Int32(p)}
	}
	if err := set(to(first, 2), to(second, 1)); err != nil {
		t.Errorf("a swap in one call: %v", err)
	}
	wantCode(t, set(to(first, 50000)), "PriorityInUse", "'50000'")
	wantCode(t, set(to(first, 7), to(last, 7)), "PriorityInUse", "'7'")
	wantCode(t, set(to(first, 7), to(first, 8)), "ValidationError", "more than once")
	rules := must(w.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &l}))(t).Rules
	var order []string
	for _, u := range rules {
		order = append(order, *u.Priority)
	}
	if strings.Join(order, " ") != "1 2 50000 default" || *rules[0].RuleArn != second {
		t.Errorf("the order is %v", order)
	}
	byDefault := *rules[3].RuleArn
	wantCode(t, set(to(byDefault, 3)), "OperationNotPermitted", "default rule")
	wantCode(t, set(to(first+"0", 3)), "RuleNotFound", "One or more rules not found")
	_, err = w.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: &byDefault})
	wantCode(t, err, "OperationNotPermitted", "cannot be deleted")
	_, err = w.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: &byDefault, Actions: fixed("500")})
	wantCode(t, err, "OperationNotPermitted", "cannot be modified")
	_, err = w.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: &l})
	wantCode(t, err, "ValidationError", "is not a valid listener rule ARN")
}

func TestRulesOfALoadBalancerAreBounded(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	lb := w.balancer("web")
	listeners := []string{w.listener(lb.LoadBalancerArn, 80, fixed("404")), w.listener(lb.LoadBalancerArn, 81, fixed("404"))}
	create := func(i int32) error {
		_, err := w.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: &listeners[i%2], Priority: aws.Int32(i), Conditions: paths("/"), Actions: fixed("200")})
		return err
	}
	for i := range int32(100) {
		if err := create(i + 1); err != nil {
			t.Fatalf("rule %d: %v", i+1, err)
		}
	}
	wantCode(t, create(101), "TooManyRules", "'100'")
	w.quotas.Set(scope, "rules-per-application-load-balancer", 101)
	if err := create(101); err != nil {
		t.Errorf("with a higher quota: %v", err)
	}

	var seen []string
	pages := elb.NewDescribeRulesPaginator(w, &elb.DescribeRulesInput{ListenerArn: &listeners[1], PageSize: aws.Int32(20)})
	for pages.HasMorePages() {
		for _, u := range must(pages.NextPage(ctx))(t).Rules {
			seen = append(seen, *u.Priority)
		}
	}
	if len(seen) != 52 || seen[0] != "1" || seen[50] != "101" || seen[51] != "default" {
		t.Errorf("paging gave %v", seen)
	}
	for _, size := range []int32{0, 401} {
		_, err := w.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &listeners[1], PageSize: aws.Int32(size)})
		wantCode(t, err, "ValidationError", "")
	}
	_, err := w.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &listeners[1], Marker: aws.String("nonsense")})
	wantCode(t, err, "ValidationError", "marker")
	_, err = w.DescribeRules(ctx, &elb.DescribeRulesInput{})
	wantCode(t, err, "ValidationError", "")
}
