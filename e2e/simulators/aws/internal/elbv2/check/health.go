package check

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Protocol groups, by load balancer type. [SDK CreateTargetGroupInput.Protocol]
var (
	applicationProtocols = []types.ProtocolEnum{types.ProtocolEnumHttp, types.ProtocolEnumHttps}
	networkProtocols     = []types.ProtocolEnum{
		types.ProtocolEnumTcp, types.ProtocolEnumTls, types.ProtocolEnumUdp,
		types.ProtocolEnumTcpUdp, types.ProtocolEnumQuic, types.ProtocolEnumTcpQuic,
	}
)

// KindOf is the type of load balancer that a target group is for. A group of a
// Lambda function has no protocol and is for Application Load Balancers.
func KindOf(g types.TargetGroup) types.LoadBalancerTypeEnum {
	switch {
	case g.Protocol == types.ProtocolEnumGeneve:
		return types.LoadBalancerTypeEnumGateway
	case slices.Contains(networkProtocols, g.Protocol):
		return types.LoadBalancerTypeEnumNetwork
	}
	return types.LoadBalancerTypeEnumApplication
}

// HealthDefaults fills in what a target group's health check leaves out.
// [SDK CreateTargetGroupInput; the timeout of HTTP groups is 5 by "Health checks for
// Application Load Balancer target groups" and by the CLI's examples]
func HealthDefaults(g *types.TargetGroup) {
	lambda := g.TargetType == types.TargetTypeEnumLambda
	kind := KindOf(*g)
	if g.HealthCheckEnabled == nil {
		g.HealthCheckEnabled = aws.Bool(!lambda)
	}
	if g.HealthCheckProtocol == "" && !lambda {
		g.HealthCheckProtocol = types.ProtocolEnumTcp
		if kind == types.LoadBalancerTypeEnumApplication || g.TargetType == types.TargetTypeEnumAlb {
			g.HealthCheckProtocol = types.ProtocolEnumHttp
		}
	}
	interval, timeout, healthy, unhealthy := int32(30), int32(10), int32(5), int32(2)
	port := "traffic-port"
	switch {
	case lambda:
		interval, timeout, unhealthy = 35, 30, 5
	case kind == types.LoadBalancerTypeEnumGateway:
		interval, timeout, port = 10, 5, "80"
	case kind == types.LoadBalancerTypeEnumApplication:
		timeout = 5
	case g.HealthCheckProtocol == types.ProtocolEnumHttp:
		timeout = 6
	}
	number(&g.HealthCheckIntervalSeconds, interval)
	number(&g.HealthCheckTimeoutSeconds, timeout)
	number(&g.HealthyThresholdCount, healthy)
	number(&g.UnhealthyThresholdCount, unhealthy)
	if g.HealthCheckPort == nil && !lambda {
		g.HealthCheckPort = aws.String(port)
	}
	if g.HealthCheckProtocol != types.ProtocolEnumTcp {
		httpDefaults(g, kind)
	}
}

func httpDefaults(g *types.TargetGroup, kind types.LoadBalancerTypeEnum) {
	grpc := aws.ToString(g.ProtocolVersion) == "GRPC"
	if g.HealthCheckPath == nil {
		g.HealthCheckPath = aws.String("/")
		if grpc {
			g.HealthCheckPath = aws.String("/AWS.ALB/healthcheck")
		}
	}
	if g.Matcher != nil {
		return
	}
	switch {
	case grpc:
		g.Matcher = &types.Matcher{GrpcCode: aws.String("12")}
	case kind == types.LoadBalancerTypeEnumApplication:
		g.Matcher = &types.Matcher{HttpCode: aws.String("200")}
	default:
		g.Matcher = &types.Matcher{HttpCode: aws.String("200-399")}
	}
}

func number(value **int32, otherwise int32) {
	if *value == nil {
		*value = aws.Int32(otherwise)
	}
}

// Health judges a target group's health check once its defaults are filled in.
func Health(g types.TargetGroup) error {
	lambda := g.TargetType == types.TargetTypeEnumLambda
	if !aws.ToBool(g.HealthCheckEnabled) && !lambda {
		return Invalid("Health check enabled must be true for target groups with target type '%s'", g.TargetType)
	}
	for _, r := range []struct {
		name      string
		value     *int32
		low, high int32
	}{
		{"Health check interval", g.HealthCheckIntervalSeconds, 5, 300},
		{"Health check timeout", g.HealthCheckTimeoutSeconds, 2, 120},
		{"Healthy threshold count", g.HealthyThresholdCount, 2, 10},
		{"Unhealthy threshold count", g.UnhealthyThresholdCount, 2, 10},
	} {
		if *r.value < r.low || *r.value > r.high {
			return Invalid("%s '%d' must be between '%d' and '%d'", r.name, *r.value, r.low, r.high)
		}
	}
	if *g.HealthCheckTimeoutSeconds >= *g.HealthCheckIntervalSeconds {
		return Invalid("Health check interval must be greater than the timeout.")
	}
	if err := healthProtocol(g); err != nil {
		return err
	}
	if err := healthPort(g); err != nil {
		return err
	}
	if g.HealthCheckProtocol == types.ProtocolEnumTcp {
		if g.HealthCheckPath != nil || g.Matcher != nil {
			return misconfigured("You cannot specify a health check path or matcher for a TCP health check")
		}
		return nil
	}
	return healthOverHTTP(g)
}

func healthProtocol(g types.TargetGroup) error {
	if g.TargetType == types.TargetTypeEnumLambda {
		return nil
	}
	switch p := g.HealthCheckProtocol; {
	case p == types.ProtocolEnumTcp && KindOf(g) == types.LoadBalancerTypeEnumApplication:
		return Invalid("Health check protocol 'TCP' is not supported for target groups with protocol '%s'", g.Protocol)
	case p == types.ProtocolEnumTcp && g.TargetType == types.TargetTypeEnumAlb:
		return Invalid("Health check protocol 'TCP' is not supported for target groups with target type 'alb'")
	case p == types.ProtocolEnumTcp, slices.Contains(applicationProtocols, p):
		return nil
	default:
		return Invalid("Health check protocol '%s' must be one of '[HTTP, HTTPS, TCP]'", p)
	}
}

func healthPort(g types.TargetGroup) error {
	port := aws.ToString(g.HealthCheckPort)
	if port == "" || port == "traffic-port" {
		return nil
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return Invalid("Health check port '%s' must be a value from 1 to 65535 or 'traffic-port'", port)
	}
	return nil
}

// grpcPath: "a custom health check method with the format /package.service/method".
var grpcPath = regexp.MustCompile(`^/[A-Za-z0-9_.]+/[A-Za-z0-9_]+$`)

func healthOverHTTP(g types.TargetGroup) error {
	path := aws.ToString(g.HealthCheckPath)
	if !strings.HasPrefix(path, "/") || len(path) > 1024 {
		return Invalid("Health check path '%s' must begin with '/' and have at most 1024 characters", path)
	}
	if aws.ToString(g.ProtocolVersion) == "GRPC" {
		if !grpcPath.MatchString(path) {
			return Invalid("Health check path '%s' must have the format '/package.service/method' for protocol version 'GRPC'", path)
		}
		if g.Matcher.HttpCode != nil || g.Matcher.GrpcCode == nil {
			return Invalid("The matcher of a target group with protocol version 'GRPC' must specify a gRPC code")
		}
		return codes("gRPC", *g.Matcher.GrpcCode, 0, 99)
	}
	if g.Matcher.GrpcCode != nil || g.Matcher.HttpCode == nil {
		return Invalid("The matcher of a target group must specify an HTTP code unless its protocol version is 'GRPC'")
	}
	// [SDK types.Matcher]
	switch KindOf(g) {
	case types.LoadBalancerTypeEnumNetwork:
		return codes("HTTP", *g.Matcher.HttpCode, 200, 599)
	case types.LoadBalancerTypeEnumGateway:
		return codes("HTTP", *g.Matcher.HttpCode, 200, 399)
	}
	return codes("HTTP", *g.Matcher.HttpCode, 200, 499)
}

// codes judges a list such as "200,202" or "200-299".
func codes(name, list string, low, high int) error {
	for part := range strings.SplitSeq(list, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if err != nil || err2 != nil || first > last || first < low || last > high {
			return Invalid("Health check matcher %s code '%s' must be within %d-%d inclusive", name, list, low, high)
		}
	}
	return nil
}
