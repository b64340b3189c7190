package elbv2

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/attribute"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

func (b *balancer) attributes() attribute.Set {
	return attribute.Balancer(b.kind(), b.View.Scheme)
}

func (g *group) attributes() attribute.Set { return attribute.Group(g.View) }

func (l *listener) attributes(b *balancer) attribute.Set {
	return attribute.Listener(b.kind(), l.View.Protocol)
}

// maxAttributes is how many a call may change. [V1 LoadBalancerAttributes]
const maxAttributes = 20

// pair is an attribute of a request or an answer.
type pair struct{ key, value string }

// changed judges changes to attributes and gives the values after them.
func changed(set attribute.Set, values map[string]string, changes []pair) (map[string]string, error) {
	if len(changes) > maxAttributes {
		return nil, check.Invalid("You can specify up to %d attributes in a single call", maxAttributes)
	}
	after := maps.Clone(values)
	if after == nil {
		after = map[string]string{}
	}
	seen := map[string]bool{}
	for _, c := range changes {
		if seen[c.key] {
			return nil, check.Invalid("Attribute key '%s' was specified more than once", c.key)
		}
		seen[c.key] = true
		if err := set.Check(c.key, c.value); err != nil {
			return nil, err
		}
		after[c.key] = c.value
	}
	return after, nil
}

// shown gives all attributes in the order of their keys.
func shown[T any](set attribute.Set, values map[string]string, make func(key, value *string) T) []T {
	all := set.All(values)
	out := []T{}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		out = append(out, make(aws.String(key), aws.String(all[key])))
	}
	return out
}

func balancerAttribute(k, v *string) types.LoadBalancerAttribute {
	return types.LoadBalancerAttribute{Key: k, Value: v}
}

func (r *region) describeLoadBalancerAttributes(in *elb.DescribeLoadBalancerAttributesInput) (*elb.DescribeLoadBalancerAttributesOutput, error) {
	b, err := r.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	return &elb.DescribeLoadBalancerAttributesOutput{Attributes: shown(b.attributes(), b.Attributes, balancerAttribute)}, nil
}

func (r *region) modifyLoadBalancerAttributes(in *elb.ModifyLoadBalancerAttributesInput) (*elb.ModifyLoadBalancerAttributesOutput, error) {
	old, err := r.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	var changes []pair
	for _, a := range in.Attributes {
		changes = append(changes, pair{aws.ToString(a.Key), aws.ToString(a.Value)})
	}
	b := copyOf(old)
	if b.Attributes, err = changed(b.attributes(), b.Attributes, changes); err != nil {
		return nil, err
	}
	for _, log := range []string{"access_logs", "connection_logs", "health_check_logs"} {
		if b.Attributes[log+".s3.enabled"] == "true" && b.Attributes[log+".s3.bucket"] == "" {
			return nil, api.Errorf("InvalidConfigurationRequest", "The attribute '%s.s3.bucket' is required when '%s.s3.enabled' is true", log, log)
		}
	}
	r.putBalancer(b)
	return &elb.ModifyLoadBalancerAttributesOutput{Attributes: shown(b.attributes(), b.Attributes, balancerAttribute)}, nil
}

func groupAttribute(k, v *string) types.TargetGroupAttribute {
	return types.TargetGroupAttribute{Key: k, Value: v}
}

func (r *region) describeTargetGroupAttributes(in *elb.DescribeTargetGroupAttributesInput) (*elb.DescribeTargetGroupAttributesOutput, error) {
	g, err := r.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	return &elb.DescribeTargetGroupAttributesOutput{Attributes: shown(g.attributes(), g.Attributes, groupAttribute)}, nil
}

func (r *region) modifyTargetGroupAttributes(in *elb.ModifyTargetGroupAttributesInput) (*elb.ModifyTargetGroupAttributesOutput, error) {
	old, err := r.group(in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	var changes []pair
	for _, a := range in.Attributes {
		changes = append(changes, pair{aws.ToString(a.Key), aws.ToString(a.Value)})
	}
	g := copyOf(old)
	if g.Attributes, err = changed(g.attributes(), g.Attributes, changes); err != nil {
		return nil, err
	}
	if err := agreeing(g); err != nil {
		return nil, err
	}
	if g.appCookie() && r.weighted(g.arn()) {
		return nil, api.Errorf("InvalidConfigurationRequest", "Application-based stickiness is not supported for target group '%s', which is used with weighted target groups", g.arn())
	}
	r.putGroup(g)
	return &elb.ModifyTargetGroupAttributesOutput{Attributes: shown(g.attributes(), g.Attributes, groupAttribute)}, nil
}

// agreeing refuses attributes of a group that exclude each other. [SDK types.TargetGroupAttribute; DOC "Edit target
// group attributes": slow start needs round robin]
func agreeing(g *group) error {
	get := func(key string) string { return g.attributes().Get(g.Attributes, key) }
	switch {
	case get("load_balancing.algorithm.anomaly_mitigation") == "on" && get("load_balancing.algorithm.type") != "weighted_random":
		return api.Errorf("InvalidConfigurationRequest", "Anomaly mitigation is supported only for the algorithm 'weighted_random'")
	case get("slow_start.duration_seconds") != "" && get("slow_start.duration_seconds") != "0" && get("load_balancing.algorithm.type") != "round_robin":
		return api.Errorf("InvalidConfigurationRequest", "Slow start is supported only for the algorithm 'round_robin'")
	case get("stickiness.enabled") == "true" && get("stickiness.type") == "app_cookie" && get("stickiness.app_cookie.cookie_name") == "":
		return api.Errorf("InvalidConfigurationRequest", "You must specify 'stickiness.app_cookie.cookie_name' for stickiness of type 'app_cookie'")
	case get("target_failover.on_deregistration") != get("target_failover.on_unhealthy"):
		return api.Errorf("InvalidConfigurationRequest", "The attributes 'target_failover.on_deregistration' and 'target_failover.on_unhealthy' must have the same value")
	case get("target_health_state.unhealthy.connection_termination.enabled") == "true" && get("target_health_state.unhealthy.draining_interval_seconds") != "0":
		return api.Errorf("InvalidConfigurationRequest", "A draining interval for unhealthy targets can be set only when connection termination is disabled")
	}
	return nil
}

func listenerAttribute(k, v *string) types.ListenerAttribute {
	return types.ListenerAttribute{Key: k, Value: v}
}

func (r *region) describeListenerAttributes(in *elb.DescribeListenerAttributesInput) (*elb.DescribeListenerAttributesOutput, error) {
	l, b, err := r.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	return &elb.DescribeListenerAttributesOutput{Attributes: shown(l.attributes(b), l.Attributes, listenerAttribute)}, nil
}

func (r *region) modifyListenerAttributes(in *elb.ModifyListenerAttributesInput) (*elb.ModifyListenerAttributesOutput, error) {
	old, b, err := r.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	var changes []pair
	for _, a := range in.Attributes {
		changes = append(changes, pair{aws.ToString(a.Key), aws.ToString(a.Value)})
	}
	l := copyOf(old)
	if l.Attributes, err = changed(l.attributes(b), l.Attributes, changes); err != nil {
		return nil, err
	}
	r.putListener(l)
	return &elb.ModifyListenerAttributesOutput{Attributes: shown(l.attributes(b), l.Attributes, listenerAttribute)}, nil
}
