package elbv2_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

type groupChange = func(*elb.CreateTargetGroupInput)

func version(v string) groupChange {
	return func(in *elb.CreateTargetGroupInput) { in.ProtocolVersion = aws.String(v) }
}

func kind(k types.TargetTypeEnum) groupChange {
	return func(in *elb.CreateTargetGroupInput) { in.TargetType = k }
}

func checked(interval, timeout, healthy, unhealthy int32) groupChange {
	return func(in *elb.CreateTargetGroupInput) {
		in.HealthCheckIntervalSeconds, in.HealthCheckTimeoutSeconds = aws.Int32(interval), aws.Int32(timeout)
		in.HealthyThresholdCount, in.UnhealthyThresholdCount = aws.Int32(healthy), aws.Int32(unhealthy)
	}
}

func checkPath(p string) groupChange {
	return func(in *elb.CreateTargetGroupInput) { in.HealthCheckPath = aws.String(p) }
}

func checkPort(p string) groupChange {
	return func(in *elb.CreateTargetGroupInput) { in.HealthCheckPort = aws.String(p) }
}

func checkProtocol(p types.ProtocolEnum) groupChange {
	return func(in *elb.CreateTargetGroupInput) { in.HealthCheckProtocol = p }
}

func httpCodes(c string) groupChange {
	return func(in *elb.CreateTargetGroupInput) { in.Matcher = &types.Matcher{HttpCode: aws.String(c)} }
}

func grpcCodes(c string) groupChange {
	return func(in *elb.CreateTargetGroupInput) { in.Matcher = &types.Matcher{GrpcCode: aws.String(c)} }
}

func bare(k types.TargetTypeEnum) groupChange {
	return func(in *elb.CreateTargetGroupInput) {
		*in = elb.CreateTargetGroupInput{Name: in.Name, TargetType: k}
	}
}

// TestNewTargetGroups has the rules of API_CreateTargetGroup.
func TestNewTargetGroups(t *testing.T) {
	w := start(t)
	const invalid, misconfigured = "ValidationError", "InvalidConfigurationRequest"
	for i, c := range []struct {
		name       string
		changes    []groupChange
		code, text string
	}{
		{"plain", nil, "", ""},
		{"33 characters", []groupChange{func(in *elb.CreateTargetGroupInput) { in.Name = aws.String(strings.Repeat("a", 33)) }}, invalid, "The target group name"},
		{"no protocol", []groupChange{protocol("")}, invalid, "protocol must be specified"},
		{"no port", []groupChange{func(in *elb.CreateTargetGroupInput) { in.Port = nil }}, invalid, "port must be specified"},
		{"no VPC", []groupChange{func(in *elb.CreateTargetGroupInput) { in.VpcId = nil }}, invalid, "VPC ID must be specified"},
		{"no such VPC", []groupChange{func(in *elb.CreateTargetGroupInput) { in.VpcId = aws.String("vpc-9") }}, invalid, "The VPC ID 'vpc-9' is not found"},
		{"a function", []groupChange{bare(types.TargetTypeEnumLambda)}, "", ""},
		{"a function with a port", []groupChange{kind(types.TargetTypeEnumLambda)}, invalid, "target type 'lambda'"},
		{"an ALB", []groupChange{kind(types.TargetTypeEnumAlb), protocol("TCP")}, "", ""},
		{"an ALB over TLS", []groupChange{kind(types.TargetTypeEnumAlb), protocol("TLS")}, invalid, "target type 'alb'"},
		{"GENEVE", []groupChange{protocol("GENEVE"), func(in *elb.CreateTargetGroupInput) { in.Port = aws.Int32(6081) }}, "", ""},
		{"GENEVE on another port", []groupChange{protocol("GENEVE")}, invalid, "6081"},
		{"HTTP2", []groupChange{version("HTTP2")}, "", ""},
		{"HTTP3", []groupChange{version("HTTP3")}, invalid, "[HTTP1, HTTP2, GRPC]"},
		{"a version of TCP", []groupChange{protocol("TCP"), version("HTTP2")}, misconfigured, "Protocol version"},
		{"gRPC", []groupChange{version("GRPC")}, "", ""},
		{"gRPC path", []groupChange{version("GRPC"), checkPath("/pkg.Service/Method")}, "", ""},
		{"gRPC with a plain path", []groupChange{version("GRPC"), checkPath("/healthz")}, invalid, "/package.service/method"},
		{"gRPC codes", []groupChange{version("GRPC"), grpcCodes("0-99")}, "", ""},
		{"gRPC code 100", []groupChange{version("GRPC"), grpcCodes("0,100")}, invalid, "within 0-99"},
		{"gRPC with HTTP codes", []groupChange{version("GRPC"), httpCodes("200")}, invalid, "must specify a gRPC code"},
		{"HTTP with gRPC codes", []groupChange{grpcCodes("0")}, invalid, "must specify an HTTP code"},
		{"codes 200-499", []groupChange{httpCodes("200-399,404,499")}, "", ""},
		{"code 199", []groupChange{httpCodes("199")}, invalid, "within 200-499"},
		{"code 500", []groupChange{httpCodes("200-500")}, invalid, "within 200-499"},
		{"NLB code 599", []groupChange{protocol("TCP"), checkProtocol("HTTP"), httpCodes("599")}, "", ""},
		{"NLB code 600", []groupChange{protocol("TCP"), checkProtocol("HTTP"), httpCodes("600")}, invalid, "within 200-599"},
		{"codes backwards", []groupChange{httpCodes("300-200")}, invalid, ""},
		{"the least", []groupChange{checked(5, 2, 2, 2)}, "", ""},
		{"the most", []groupChange{checked(300, 120, 10, 10)}, "", ""},
		{"interval 4", []groupChange{checked(4, 2, 2, 2)}, invalid, ""},
		{"interval 301", []groupChange{checked(301, 2, 2, 2)}, invalid, ""},
		{"timeout 1", []groupChange{checked(5, 1, 2, 2)}, invalid, ""},
		{"timeout 121", []groupChange{checked(300, 121, 2, 2)}, invalid, ""},
		{"healthy 1", []groupChange{checked(5, 2, 1, 2)}, invalid, ""},
		{"healthy 11", []groupChange{checked(5, 2, 11, 2)}, invalid, ""},
		{"unhealthy 1", []groupChange{checked(5, 2, 2, 1)}, invalid, ""},
		{"unhealthy 11", []groupChange{checked(5, 2, 2, 11)}, invalid, ""},
		{"timeout 4 in interval 5", []groupChange{checked(5, 4, 2, 2)}, "", ""},
		{"timeout as long as the interval", []groupChange{checked(5, 5, 2, 2)}, invalid, "interval must be greater than the timeout"},
		{"TCP checks of HTTP", []groupChange{checkProtocol("TCP")}, invalid, "'TCP' is not supported"},
		{"HTTP checks of TCP", []groupChange{protocol("TCP"), checkProtocol("HTTP")}, "", ""},
		{"TLS checks", []groupChange{protocol("TCP"), checkProtocol("TLS")}, invalid, "[HTTP, HTTPS, TCP]"},
		{"a path for TCP checks", []groupChange{protocol("TCP"), checkPath("/")}, misconfigured, "path"},
		{"a port for checks", []groupChange{checkPort("8080")}, "", ""},
		{"port 65536 for checks", []groupChange{checkPort("65536")}, invalid, "traffic-port"},
		{"a path without slash", []groupChange{checkPath("x")}, invalid, "begin with '/'"},
		{"path of 1024", []groupChange{checkPath("/" + strings.Repeat("a", 1023))}, "", ""},
		{"path of 1025", []groupChange{checkPath("/" + strings.Repeat("a", 1024))}, invalid, "1024"},
		{"no checks", []groupChange{func(in *elb.CreateTargetGroupInput) { in.HealthCheckEnabled = aws.Bool(false) }}, invalid, "must be true"},
		{"target control port", []groupChange{func(in *elb.CreateTargetGroupInput) { in.TargetControlPort = aws.Int32(3000) }}, "", ""},
		{"target control port of TCP", []groupChange{protocol("TCP"), func(in *elb.CreateTargetGroupInput) { in.TargetControlPort = aws.Int32(3000) }}, misconfigured, "target control port"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := groupInput(fmt.Sprint("g-", i))
			for _, change := range c.changes {
				change(in)
			}
			out, err := w.CreateTargetGroup(t.Context(), in)
			if c.code == "" {
				must(out, err)(t)
				return
			}
			wantCode(t, err, c.code, c.text)
		})
	}
}

func TestGroupDefaults(t *testing.T) {
	w := start(t)
	for _, c := range []struct {
		name    string
		changes []groupChange
		want    string
	}{
		{"http", nil, "HTTP traffic-port / 200 30 5 5 2"},
		{"https", []groupChange{protocol("HTTPS")}, "HTTP traffic-port / 200 30 5 5 2"},
		{"grpc", []groupChange{version("GRPC")}, "HTTP traffic-port /AWS.ALB/healthcheck 12 30 5 5 2"},
		{"tcp", []groupChange{protocol("TCP")}, "TCP traffic-port   30 10 5 2"},
		{"tcphttp", []groupChange{protocol("TCP"), checkProtocol("HTTP")}, "HTTP traffic-port / 200-399 30 6 5 2"},
		{"lambda", []groupChange{bare(types.TargetTypeEnumLambda)}, "  / 200 35 30 5 5"},
	} {
		in := groupInput(c.name)
		for _, change := range c.changes {
			change(in)
		}
		g := must(w.CreateTargetGroup(t.Context(), in))(t).TargetGroups[0]
		codes := ""
		if g.Matcher != nil {
			codes = aws.ToString(g.Matcher.HttpCode) + aws.ToString(g.Matcher.GrpcCode)
		}
		got := fmt.Sprintf("%s %s %s %s %d %d %d %d", g.HealthCheckProtocol, aws.ToString(g.HealthCheckPort), aws.ToString(g.HealthCheckPath), codes,
			*g.HealthCheckIntervalSeconds, *g.HealthCheckTimeoutSeconds, *g.HealthyThresholdCount, *g.UnhealthyThresholdCount)
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTargetGroups(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	w.quotas.Set(scope, "target-groups", 3)
	a := w.group("a")
	if again := w.group("a"); again != a {
		t.Error("equal settings made another group")
	}
	_, err := w.CreateTargetGroup(ctx, func() *elb.CreateTargetGroupInput { in := groupInput("a"); in.Port = aws.Int32(81); return in }())
	wantCode(t, err, "DuplicateTargetGroupName", "A target group with the same name 'a' exists, but with different settings")
	b, c := w.group("b"), w.group("c")
	_, err = w.CreateTargetGroup(ctx, groupInput("d"))
	wantCode(t, err, "TooManyTargetGroups", "'3'")
	n := 0
	pages := elb.NewDescribeTargetGroupsPaginator(w, &elb.DescribeTargetGroupsInput{PageSize: aws.Int32(2)})
	for pages.HasMorePages() {
		n += len(must(pages.NextPage(ctx))(t).TargetGroups)
	}
	if n != 3 {
		t.Errorf("%d groups", n)
	}
	_, err = w.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{"nobody"}})
	wantCode(t, err, "TargetGroupNotFound", "One or more target groups not found")
	_, err = w.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{"a"}, TargetGroupArns: []string{b}})
	wantCode(t, err, "ValidationError", "at the same time")

	modify := func(change func(*elb.ModifyTargetGroupInput)) (types.TargetGroup, error) {
		in := &elb.ModifyTargetGroupInput{TargetGroupArn: &b}
		change(in)
		out, err := w.ModifyTargetGroup(ctx, in)
		if err != nil {
			return types.TargetGroup{}, err
		}
		return out.TargetGroups[0], nil
	}
	g := must(modify(func(in *elb.ModifyTargetGroupInput) {
		in.HealthCheckPath, in.HealthCheckIntervalSeconds = aws.String("/x"), aws.Int32(7)
	}))(t)
	if *g.HealthCheckPath != "/x" || *g.HealthCheckIntervalSeconds != 7 || *g.HealthCheckTimeoutSeconds != 5 {
		t.Errorf("now %+v", g)
	}
	_, err = modify(func(in *elb.ModifyTargetGroupInput) { in.HealthCheckIntervalSeconds = aws.Int32(5) })
	wantCode(t, err, "ValidationError", "greater than the timeout")
	_, err = modify(func(in *elb.ModifyTargetGroupInput) { in.HealthCheckEnabled = aws.Bool(false) })
	wantCode(t, err, "ValidationError", "must be true")

	l := w.listener(w.balancer("web").LoadBalancerArn, 80, forward(b))
	_, err = w.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &b})
	wantCode(t, err, "ResourceInUse", "Target group '"+b+"' is currently in use by a listener or a rule")
	must(w.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &l}))(t)
	for _, arn := range []string{a, b, b, c} {
		must(w.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &arn}))(t)
	}
	_, err = w.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &a, Targets: []types.TargetDescription{ip("10.0.0.1")}})
	wantCode(t, err, "TargetGroupNotFound", "")
}
