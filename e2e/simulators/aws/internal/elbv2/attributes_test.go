package elbv2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

type attributeCase struct {
	key, value string
	code       string // empty if it is fine
}

const invalidValue = "ValidationError"

func TestLoadBalancerAttributes(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	alb, nlb := w.balancer("web"), w.balancer("net", networkKind)
	defaults := must(w.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: alb.LoadBalancerArn}))(t).Attributes
	if len(defaults) != 23 {
		t.Errorf("an ALB has %d attributes", len(defaults))
	}
	set := func(lb types.LoadBalancer, key, value string) error {
		_, err := w.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: lb.LoadBalancerArn, Attributes: []types.LoadBalancerAttribute{{Key: &key, Value: &value}}})
		return err
	}
	judge(t, func(key, value string) error { return set(alb, key, value) }, []attributeCase{
		{"idle_timeout.timeout_seconds", "0", invalidValue}, {"idle_timeout.timeout_seconds", "1", ""},
		{"idle_timeout.timeout_seconds", "4000", ""}, {"idle_timeout.timeout_seconds", "4001", invalidValue},
		{"client_keep_alive.seconds", "59", invalidValue}, {"client_keep_alive.seconds", "60", ""},
		{"client_keep_alive.seconds", "604800", ""}, {"client_keep_alive.seconds", "604801", invalidValue},
		{"routing.http2.enabled", "false", ""}, {"routing.http2.enabled", "yes", invalidValue},
		{"routing.http.xff_header_processing.mode", "remove", ""}, {"routing.http.xff_header_processing.mode", "drop", invalidValue},
		{"routing.http.desync_mitigation_mode", "strictest", ""}, {"routing.http.desync_mitigation_mode", "off", invalidValue},
		{"load_balancing.cross_zone.enabled", "false", invalidValue},
		{"access_logs.s3.enabled", "true", "InvalidConfigurationRequest"},
		{"access_logs.s3.bucket", "logs", ""}, {"access_logs.s3.enabled", "true", ""},
		{"dns_record.client_routing_policy", "any_availability_zone", invalidValue},
		{"no.such.key", "x", invalidValue},
	})
	judge(t, func(key, value string) error { return set(nlb, key, value) }, []attributeCase{
		{"load_balancing.cross_zone.enabled", "true", ""}, {"idle_timeout.timeout_seconds", "60", invalidValue},
		{"secondary_ips.auto_assigned.per_subnet", "7", ""}, {"secondary_ips.auto_assigned.per_subnet", "8", invalidValue},
	})
	after := must(w.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: alb.LoadBalancerArn}))(t).Attributes
	for _, a := range after {
		if *a.Key == "idle_timeout.timeout_seconds" && *a.Value != "4000" {
			t.Errorf("idle timeout is %s", *a.Value)
		}
	}
}

func judge(t *testing.T, set func(key, value string) error, cases []attributeCase) {
	t.Helper()
	for _, c := range cases {
		err := set(c.key, c.value)
		if c.code == "" && err != nil {
			t.Errorf("%s=%s: %v", c.key, c.value, err)
		} else if c.code != "" {
			wantCode(t, err, c.code, "")
		}
	}
}

func TestTargetGroupAttributes(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	setter := func(arn string) func(key, value string) error {
		return func(key, value string) error {
			_, err := w.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: &arn, Attributes: []types.TargetGroupAttribute{{Key: &key, Value: &value}}})
			return err
		}
	}
	const misconfigured = "InvalidConfigurationRequest"
	http := w.group("http")
	judge(t, setter(http), []attributeCase{
		{"deregistration_delay.timeout_seconds", "3600", ""}, {"deregistration_delay.timeout_seconds", "3601", invalidValue},
		{"deregistration_delay.timeout_seconds", "-1", invalidValue}, {"deregistration_delay.timeout_seconds", "0", ""},
		{"stickiness.lb_cookie.duration_seconds", "604800", ""}, {"stickiness.lb_cookie.duration_seconds", "604801", invalidValue},
		{"stickiness.app_cookie.cookie_name", "AWSALB", invalidValue}, {"stickiness.type", "source_ip", invalidValue},
		{"load_balancing.algorithm.anomaly_mitigation", "on", misconfigured},
		{"slow_start.duration_seconds", "29", invalidValue}, {"slow_start.duration_seconds", "30", ""},
		{"load_balancing.algorithm.type", "least_outstanding_requests", misconfigured}, {"slow_start.duration_seconds", "0", ""},
		{"load_balancing.algorithm.type", "weighted_random", ""}, {"load_balancing.algorithm.anomaly_mitigation", "on", ""},
		{"stickiness.enabled", "true", ""}, {"stickiness.type", "app_cookie", misconfigured},
		{"stickiness.app_cookie.cookie_name", "session", ""}, {"stickiness.type", "app_cookie", ""},
		{"preserve_client_ip.enabled", "true", invalidValue},
		{"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off", ""},
		{"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "101", invalidValue},
	})
	judge(t, setter(w.group("tcp", protocol("TCP"))), []attributeCase{
		{"proxy_protocol_v2.enabled", "true", ""}, {"preserve_client_ip.enabled", "true", ""}, {"stickiness.type", "source_ip", ""},
		{"target_health_state.unhealthy.draining_interval_seconds", "10", misconfigured},
		{"target_health_state.unhealthy.connection_termination.enabled", "false", ""},
		{"target_health_state.unhealthy.draining_interval_seconds", "360000", ""},
		{"target_health_state.unhealthy.draining_interval_seconds", "360001", invalidValue},
		{"slow_start.duration_seconds", "30", invalidValue},
	})
	judge(t, setter(w.group("udp", protocol("UDP"))), []attributeCase{{"preserve_client_ip.enabled", "false", invalidValue}})
	judge(t, setter(w.group("lambda", bare(types.TargetTypeEnumLambda))), []attributeCase{
		{"lambda.multi_value_headers.enabled", "true", ""}, {"deregistration_delay.timeout_seconds", "1", invalidValue},
	})
	for _, a := range must(w.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: &http}))(t).Attributes {
		if *a.Key == "stickiness.type" && *a.Value != "app_cookie" {
			t.Errorf("stickiness is %s", *a.Value)
		}
	}
}

func TestListenerAttributes(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	lb := w.balancer("web")
	tcp := w.group("tcp", protocol("TCP"))
	setter := func(arn string) func(key, value string) error {
		return func(key, value string) error {
			_, err := w.ModifyListenerAttributes(ctx, &elb.ModifyListenerAttributesInput{ListenerArn: &arn, Attributes: []types.ListenerAttribute{{Key: &key, Value: &value}}})
			return err
		}
	}
	plain, secured := w.listener(lb.LoadBalancerArn, 80, fixed("404")), w.listener(lb.LoadBalancerArn, 443, fixed("404"), https)
	judge(t, setter(plain), []attributeCase{
		{"routing.http.response.server.enabled", "false", ""}, {"routing.http.response.x_frame_options.header_value", "DENY", ""},
		{"routing.http.request.x_amzn_tls_version.header_name", "x", invalidValue}, {"tcp.idle_timeout.seconds", "60", invalidValue},
	})
	judge(t, setter(secured), []attributeCase{
		{"routing.http.request.x_amzn_tls_version.header_name", "X-Tls", ""}, {"routing.http.request.x_amzn_tls_version.header_name", "a b", invalidValue},
	})
	nlb := w.listener(w.balancer("net", networkKind).LoadBalancerArn, 80, forward(tcp), over("TCP"))
	judge(t, setter(nlb), []attributeCase{
		{"tcp.idle_timeout.seconds", "59", invalidValue}, {"tcp.idle_timeout.seconds", "60", ""},
		{"tcp.idle_timeout.seconds", "6000", ""}, {"tcp.idle_timeout.seconds", "6001", invalidValue},
	})
	if got := must(w.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: &nlb}))(t).Attributes; len(got) != 1 || *got[0].Value != "6000" {
		t.Errorf("attributes are %+v", got)
	}
	two := []types.ListenerAttribute{{Key: aws.String("tcp.idle_timeout.seconds"), Value: aws.String("60")}, {Key: aws.String("tcp.idle_timeout.seconds"), Value: aws.String("61")}}
	_, err := w.ModifyListenerAttributes(ctx, &elb.ModifyListenerAttributesInput{ListenerArn: &nlb, Attributes: two})
	wantCode(t, err, "ValidationError", "more than once")
}
