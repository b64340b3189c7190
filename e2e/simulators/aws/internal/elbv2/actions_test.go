package elbv2_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func redirect(change func(*types.RedirectActionConfig)) []types.Action {
	c := &types.RedirectActionConfig{StatusCode: types.RedirectActionStatusCodeEnumHttp301}
	change(c)
	return []types.Action{{Type: types.ActionTypeEnumRedirect, RedirectConfig: c}}
}

func answer(status, contentType, body string) []types.Action {
	a := fixed(status)
	a[0].FixedResponseConfig.ContentType, a[0].FixedResponseConfig.MessageBody = aws.String(contentType), aws.String(body)
	return a
}

// weights makes a forward action with weighted groups.
func weights(groups []string, weight ...int32) []types.Action {
	a := forward(groups...)
	for i, n := range weight {
		a[0].ForwardConfig.TargetGroups[i].Weight = aws.Int32(n)
	}
	return a
}

func sticky(groups []string, enabled bool, seconds *int32) []types.Action {
	a := forward(groups...)
	a[0].ForwardConfig.TargetGroupStickinessConfig = &types.TargetGroupStickinessConfig{Enabled: &enabled, DurationSeconds: seconds}
	return a
}

func oidc() types.Action {
	u := aws.String("https://idp.example.com/x")
	return types.Action{Type: types.ActionTypeEnumAuthenticateOidc, Order: aws.Int32(1), AuthenticateOidcConfig: &types.AuthenticateOidcActionConfig{
		Issuer: u, AuthorizationEndpoint: u, TokenEndpoint: u, UserInfoEndpoint: u, ClientId: aws.String("id"), ClientSecret: aws.String("secret"),
	}}
}

func jwt(claims int) types.Action {
	c := &types.JwtValidationActionConfig{Issuer: aws.String("me"), JwksEndpoint: aws.String("https://idp.example.com/keys")}
	for i := range claims {
		c.AdditionalClaims = append(c.AdditionalClaims, types.JwtValidationActionAdditionalClaim{
			Name: aws.String(fmt.Sprint("claim", i)), Format: types.JwtValidationActionAdditionalClaimFormatEnumSingleString, Values: []string{"x"},
		})
	}
	return types.Action{Type: types.ActionTypeEnumJwtValidation, Order: aws.Int32(1), JwtValidationConfig: c}
}

func then(first types.Action) []types.Action {
	last := fixed("200")[0]
	last.Order = aws.Int32(2)
	return []types.Action{last, first}
}

const badAction, invalid = "InvalidLoadBalancerAction", "ValidationError"

// actionCase is an action and what AWS says to it: nothing, a code, or that it is refused by whatever code ("400").
type actionCase struct {
	name string
	// listener is 0 for HTTP:80, 1 for HTTPS:443.
	listener   int
	actions    []types.Action
	code, text string
}

// judgeActions makes a rule of every case, on the listeners of a load balancer.
func (w *world) judgeActions(t *testing.T, cases []actionCase) {
	t.Helper()
	lb := w.balancer("web")
	listeners := []string{w.listener(lb.LoadBalancerArn, 80, fixed("404")), w.listener(lb.LoadBalancerArn, 443, fixed("404"), https)}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			out, err := w.CreateRule(t.Context(), &elb.CreateRuleInput{
				ListenerArn: &listeners[c.listener], Priority: aws.Int32(int32(i + 1)), Conditions: paths("/"), Actions: c.actions,
			})
			switch {
			case c.text == "400":
				// The model refuses it, or the service: what matters is that it is refused.
				if err == nil {
					t.Error("accepted")
				}
			case c.code != "":
				wantCode(t, err, c.code, c.text)
			default:
				must(out, err)(t)
			}
		})
	}
}

// TestForwards has the rules on target groups. [SDK types.ForwardActionConfig; DOC "Target groups for your Application Load Balancers"]
func TestForwards(t *testing.T) {
	w := start(t)
	var groups []string
	for i := range 6 {
		groups = append(groups, w.group(fmt.Sprintf("g%d", i)))
	}
	grpc := w.group("grpc", func(in *elb.CreateTargetGroupInput) { in.ProtocolVersion = aws.String("GRPC") })
	lambda := w.group("lambda", func(in *elb.CreateTargetGroupInput) {
		*in = elb.CreateTargetGroupInput{Name: in.Name, TargetType: types.TargetTypeEnumLambda}
	})
	tcp := w.group("tcp", protocol(types.ProtocolEnumTcp))
	elsewhere := w.group("elsewhere", func(in *elb.CreateTargetGroupInput) { in.VpcId = aws.String("vpc-2") })
	other := w.group("other")
	w.listener(w.balancer("second").LoadBalancerArn, 80, forward(other))
	six := w.group("six", func(in *elb.CreateTargetGroupInput) { in.IpAddressType = types.TargetGroupIpAddressTypeEnumIpv6 })
	w.judgeActions(t, []actionCase{
		{"5 groups", 0, forward(groups[:5]...), "", ""},
		{"6 groups", 0, forward(groups...), "TooManyTargetGroups", "'5'"},
		{"a group twice", 0, forward(groups[0], groups[0]), badAction, "more than once"},
		{"weights at the limits", 0, weights(groups[:2], 0, 999), "", ""},
		{"weight 1000", 0, weights(groups[:1], 1000), invalid, "between 0 and 999"},
		{"weight -1", 0, weights(groups[:1], -1), invalid, "between 0 and 999"},
		{"sticky at the limit", 0, sticky(groups[:2], true, aws.Int32(604800)), "", ""},
		{"sticky over the limit", 0, sticky(groups[:2], true, aws.Int32(604801)), invalid, "604800"},
		{"sticky 0", 0, sticky(groups[:2], true, aws.Int32(0)), invalid, "604800"},
		{"sticky for no time", 0, sticky(groups[:2], true, nil), invalid, "must specify a duration"},
		{"a Lambda function", 0, forward(lambda), "", ""},
		{"no such group", 0, forward(groups[0] + "0"), "TargetGroupNotFound", "One or more target groups not found"},
		{"no ARN of a group", 0, forward(missingARN + "listener/app/x/0/0"), invalid, "is not a valid target group ARN"},
		{"a TCP group", 0, forward(tcp), "IncompatibleProtocols", "not compatible"},
		{"a gRPC group on HTTP", 0, forward(grpc), badAction, "Listener protocol 'HTTP' is not supported with a target group with the protocol-version 'GRPC'"},
		{"a gRPC group on HTTPS", 1, forward(grpc), "", ""},
		{"a group of another VPC", 0, forward(elsewhere), "InvalidConfigurationRequest", "VPC"},
		{"a group of another load balancer", 0, forward(other), "TargetGroupAssociationLimit", "cannot be associated with more than one load balancer"},
		{"an IPv6 group", 0, forward(six), "InvalidConfigurationRequest", "dualstack"},
	})
}

// TestAnswers has the rules on fixed responses and redirects. [SDK types.FixedResponseActionConfig, RedirectActionConfig]
func TestAnswers(t *testing.T) {
	to := func(protocol, host, port, path, query string) []types.Action {
		return redirect(func(c *types.RedirectActionConfig) {
			for field, value := range map[**string]string{&c.Protocol: protocol, &c.Host: host, &c.Port: port, &c.Path: path, &c.Query: query} {
				if value != "" {
					*field = aws.String(value)
				}
			}
		})
	}
	long := strings.Repeat("a", 127)
	start(t).judgeActions(t, []actionCase{
		{"status 200", 0, fixed("200"), "", ""},
		{"status 599", 0, fixed("599"), "", ""},
		{"status 302", 0, fixed("302"), "", "400"},
		{"status 600", 0, fixed("600"), "", "400"},
		{"body of 1024", 0, answer("200", "application/json", strings.Repeat("x", 1024)), "", ""},
		{"body of 1025", 0, answer("200", "application/json", strings.Repeat("x", 1025)), "", "400"},
		{"content type", 0, answer("200", "image/png", ""), badAction, "content type"},
		{"to HTTPS", 0, to("HTTPS", "", "443", "", ""), "", ""},
		{"a loop", 0, to("", "", "", "", ""), badAction, "The redirect configuration is not valid because it creates a loop."},
		{"a loop that only changes the query", 0, to("", "", "", "", "a=b"), badAction, "creates a loop"},
		{"a loop spelled out", 0, to("HTTP", "#{host}", "80", "/#{path}", ""), badAction, "creates a loop"},
		{"another port", 0, to("HTTP", "", "81", "", ""), "", ""},
		{"another path", 0, to("", "", "", "/x/#{path}", ""), "", ""},
		{"another host", 0, to("", "x.#{host}", "", "", ""), "", ""},
		{"HTTPS to HTTP", 1, to("HTTP", "", "80", "", ""), badAction, "HTTPS to HTTP"},
		{"path without a slash", 0, to("", "", "", "x", ""), badAction, "must begin with '/'"},
		{"path of 128", 0, to("", "", "", "/"+long, ""), "", ""},
		{"path of 129", 0, to("", "", "", "/"+long+"a", ""), "", "400"},
		{"host of 129", 0, to("", long+"aa", "", "", ""), "", "400"},
		{"query of 129", 0, to("HTTPS", "", "", "", long+"aa"), "", "400"},
		{"port 65535", 0, to("", "", "65535", "", ""), "", ""},
		{"port 65536", 0, to("", "", "65536", "", ""), invalid, "65535"},
		{"a placeholder that a path cannot have", 0, to("", "", "", "/#{query}", ""), badAction, "cannot contain"},
		{"303", 0, redirect(func(c *types.RedirectActionConfig) { c.StatusCode, c.Path = "HTTP_303", aws.String("/x") }), "", "400"},
		{"no configuration", 0, []types.Action{{Type: types.ActionTypeEnumRedirect}}, badAction, "For actions of type 'redirect', you must specify the following fields: 'RedirectConfig'"},
	})
}

// TestSeveralActions has the rules on what may come before the action that routes. [SDK types.Action]
func TestSeveralActions(t *testing.T) {
	start(t).judgeActions(t, []actionCase{
		{"two answers", 0, []types.Action{{Order: aws.Int32(1), Type: fixed("200")[0].Type, FixedResponseConfig: fixed("200")[0].FixedResponseConfig}, {Order: aws.Int32(2), Type: fixed("200")[0].Type, FixedResponseConfig: fixed("200")[0].FixedResponseConfig}}, badAction, "last action"},
		{"no order", 1, append(fixed("200"), oidc()), badAction, "order"},
		{"authentication on HTTP", 0, then(oidc()), badAction, "only on HTTPS"},
		{"authentication on HTTPS", 1, then(oidc()), "", ""},
		{"10 claims", 1, then(jwt(10)), "", ""},
		{"11 claims", 1, then(jwt(11)), badAction, "'10' additional claims"},
		{"authentication alone", 1, []types.Action{oidc()}, badAction, "last action"},
		{"3 actions", 1, append(then(oidc()), jwt(1)), "TooManyActions", "'2'"},
	})
}

func TestActionsAreDescribedWithTheirDefaults(t *testing.T) {
	w := start(t)
	lb := w.balancer("web")
	l := w.listener(lb.LoadBalancerArn, 80, redirect(func(c *types.RedirectActionConfig) { c.Protocol = aws.String("HTTPS") }))
	group := w.group("g")
	plain := []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &group}}
	u := w.rule(l, 1, plain)
	rules := must(w.DescribeRules(t.Context(), &elb.DescribeRulesInput{RuleArns: []string{u}}))(t).Rules
	f := rules[0].Actions[0]
	if *f.TargetGroupArn != group || *f.ForwardConfig.TargetGroups[0].Weight != 1 || *f.ForwardConfig.TargetGroupStickinessConfig.Enabled {
		t.Errorf("forward is %+v", f)
	}
	ls := must(w.DescribeListeners(t.Context(), &elb.DescribeListenersInput{ListenerArns: []string{l}}))(t).Listeners
	r := ls[0].DefaultActions[0].RedirectConfig
	if got := *r.Protocol + *r.Host + *r.Port + *r.Path + *r.Query; got != "HTTPS#{host}#{port}/#{path}#{query}" {
		t.Errorf("redirect is %s", got)
	}
	g := must(w.DescribeTargetGroups(t.Context(), &elb.DescribeTargetGroupsInput{LoadBalancerArn: lb.LoadBalancerArn}))(t).TargetGroups
	if len(g) != 1 || len(g[0].LoadBalancerArns) != 1 || g[0].LoadBalancerArns[0] != *lb.LoadBalancerArn {
		t.Errorf("the groups of the load balancer are %+v", g)
	}
}

func TestGroupsOfALoadBalancerAreBounded(t *testing.T) {
	w := start(t)
	w.quotas.Set(scope, "target-groups-per-application-load-balancer", 3)
	lb := w.balancer("web")
	l := w.listener(lb.LoadBalancerArn, 80, forward(w.group("a"), w.group("b")))
	three, four := w.group("c"), w.group("d")
	u := w.rule(l, 1, forward(three))
	_, err := w.CreateRule(t.Context(), &elb.CreateRuleInput{ListenerArn: &l, Priority: aws.Int32(2), Conditions: paths("/"), Actions: forward(four)})
	wantCode(t, err, "TooManyUniqueTargetGroupsPerLoadBalancer", "'3'")
	must(w.ModifyRule(t.Context(), &elb.ModifyRuleInput{RuleArn: &u, Actions: forward(four)}))(t)
	must(w.DeleteTargetGroup(t.Context(), &elb.DeleteTargetGroupInput{TargetGroupArn: &three}))(t)
}
