// Package attribute knows the attributes of load balancers, listeners and
// target groups: which there are, their defaults, and what they may be set to.
// It is written from the SDK's types.LoadBalancerAttribute, ListenerAttribute
// and TargetGroupAttribute.
package attribute

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

// Attribute is one setting of a kind of resource.
type Attribute struct {
	Key, Default string
	valid        func(string) bool
	// expect tells what is valid.
	expect string
}

// Set is what a kind of resource has.
type Set []Attribute

// Check judges a change.
func (s Set) Check(key, value string) error {
	i := slices.IndexFunc(s, func(a Attribute) bool { return a.Key == key })
	if i < 0 {
		return check.Invalid("Attribute key '%s' is not recognized", key)
	}
	if !s[i].valid(value) {
		return check.Invalid("Attribute value '%s' is not valid for '%s': it must be %s", value, key, s[i].expect)
	}
	return nil
}

// Get is a value, or the default.
func (s Set) Get(values map[string]string, key string) string {
	if v, set := values[key]; set {
		return v
	}
	for _, a := range s {
		if a.Key == key {
			return a.Default
		}
	}
	return ""
}

// All gives every attribute with its value.
func (s Set) All(values map[string]string) map[string]string {
	all := map[string]string{}
	for _, a := range s {
		all[a.Key] = s.Get(values, a.Key)
	}
	return all
}

func boolean(key, otherwise string) Attribute { return choice(key, otherwise, "true", "false") }

func choice(key, otherwise string, choices ...string) Attribute {
	return Attribute{key, otherwise, func(v string) bool { return slices.Contains(choices, v) }, "one of " + list(choices)}
}

func list(choices []string) string {
	text := ""
	for i, c := range choices {
		if i > 0 {
			text += ", "
		}
		text += c
	}
	return text
}

func number(key, otherwise string, low, high int, words ...string) Attribute {
	valid := func(v string) bool {
		n, err := strconv.Atoi(v)
		return slices.Contains(words, v) || err == nil && n >= low && n <= high
	}
	return Attribute{key, otherwise, valid, "between " + strconv.Itoa(low) + " and " + strconv.Itoa(high)}
}

// text is anything of at most 1024 characters. [V1 LoadBalancerAttributeValue]
func text(key string) Attribute {
	return Attribute{key, "", func(v string) bool { return len(v) <= 1024 }, "at most 1024 characters"}
}

func pattern(key, otherwise, expression string) Attribute {
	return Attribute{key, otherwise, regexp.MustCompile(expression).MatchString, "of the form " + expression}
}

// Balancer are a load balancer's.
func Balancer(kind types.LoadBalancerTypeEnum, scheme types.LoadBalancerSchemeEnum) Set {
	deny := "false"
	if scheme == types.LoadBalancerSchemeEnumInternal {
		deny = "true"
	}
	crossZone := boolean("load_balancing.cross_zone.enabled", "false")
	if kind == types.LoadBalancerTypeEnumApplication {
		// "The default for Application Load Balancers is true, and can't be changed."
		crossZone = choice("load_balancing.cross_zone.enabled", "true", "true")
	}
	set := Set{boolean("deletion_protection.enabled", "false"), crossZone}
	if kind == types.LoadBalancerTypeEnumGateway {
		return set
	}
	set = append(set,
		boolean("access_logs.s3.enabled", "false"), text("access_logs.s3.bucket"), text("access_logs.s3.prefix"),
		boolean("ipv6.deny_all_igw_traffic", deny), boolean("zonal_shift.config.enabled", "false"))
	if kind == types.LoadBalancerTypeEnumNetwork {
		return append(set,
			choice("dns_record.client_routing_policy", "any_availability_zone",
				"availability_zone_affinity", "partial_availability_zone_affinity", "any_availability_zone"),
			number("secondary_ips.auto_assigned.per_subnet", "0", 0, 7))
	}
	return append(set,
		number("idle_timeout.timeout_seconds", "60", 1, 4000), number("client_keep_alive.seconds", "3600", 60, 604800),
		boolean("connection_logs.s3.enabled", "false"), text("connection_logs.s3.bucket"), text("connection_logs.s3.prefix"),
		boolean("health_check_logs.s3.enabled", "false"), text("health_check_logs.s3.bucket"), text("health_check_logs.s3.prefix"),
		choice("routing.http.desync_mitigation_mode", "defensive", "monitor", "defensive", "strictest"),
		boolean("routing.http.drop_invalid_header_fields.enabled", "false"),
		boolean("routing.http.preserve_host_header.enabled", "false"),
		boolean("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false"),
		boolean("routing.http.xff_client_port.enabled", "false"),
		choice("routing.http.xff_header_processing.mode", "append", "append", "preserve", "remove"),
		boolean("routing.http2.enabled", "true"), boolean("waf.fail_open.enabled", "false"))
}

// headerName is an HTTP header's name: letters, digits, hyphen and underscore, at most 40. [DOC "HTTP header modification"]
const headerName = `^[A-Za-z0-9_-]{0,40}$`

// Listener are a listener's.
func Listener(kind types.LoadBalancerTypeEnum, protocol types.ProtocolEnum) Set {
	switch {
	case kind == types.LoadBalancerTypeEnumGateway:
		return Set{number("tcp.idle_timeout.seconds", "350", 60, 6000), boolean("send_tcp_reset.on_idle_timeout.enabled", "false")}
	case kind == types.LoadBalancerTypeEnumNetwork && protocol != types.ProtocolEnumTcp:
		// [DOC NLB "TCP idle timeout": for TCP listeners only]
		return Set{}
	case kind == types.LoadBalancerTypeEnumNetwork:
		return Set{number("tcp.idle_timeout.seconds", "350", 60, 6000)}
	}
	set := Set{boolean("routing.http.response.server.enabled", "true")}
	for _, name := range []string{
		"strict_transport_security", "access_control_allow_origin", "access_control_allow_methods",
		"access_control_allow_headers", "access_control_allow_credentials", "access_control_expose_headers",
		"access_control_max_age", "content_security_policy", "x_content_type_options", "x_frame_options",
	} {
		set = append(set, text("routing.http.response."+name+".header_value"))
	}
	if protocol != types.ProtocolEnumHttps {
		return set
	}
	for _, name := range []string{
		"x_amzn_mtls_clientcert_serial_number", "x_amzn_mtls_clientcert_issuer", "x_amzn_mtls_clientcert_subject",
		"x_amzn_mtls_clientcert_validity", "x_amzn_mtls_clientcert_leaf", "x_amzn_mtls_clientcert",
		"x_amzn_tls_version", "x_amzn_tls_cipher_suite",
	} {
		set = append(set, pattern("routing.http.request."+name+".header_name", "", headerName))
	}
	return set
}

// week is the longest stickiness.
const week = 604800

// Group are a target group's.
func Group(g types.TargetGroup) Set {
	kind := check.KindOf(g)
	if g.TargetType == types.TargetTypeEnumLambda {
		return append(healthy(), boolean("lambda.multi_value_headers.enabled", "false"), boolean("stickiness.enabled", "false"),
			choice("stickiness.type", "lb_cookie", "lb_cookie"), number("stickiness.lb_cookie.duration_seconds", "86400", 1, week))
	}
	set := Set{number("deregistration_delay.timeout_seconds", "300", 0, 3600), boolean("stickiness.enabled", "false")}
	switch kind {
	case types.LoadBalancerTypeEnumGateway:
		return append(set, choice("stickiness.type", "source_ip_dest_ip_proto", "source_ip_dest_ip", "source_ip_dest_ip_proto"),
			choice("target_failover.on_deregistration", "no_rebalance", "rebalance", "no_rebalance"),
			choice("target_failover.on_unhealthy", "no_rebalance", "rebalance", "no_rebalance"),
			boolean("send_tcp_reset.on_unhealthy.enabled", "false"), boolean("send_tcp_reset.on_deregistration.enabled", "false"))
	case types.LoadBalancerTypeEnumNetwork:
		return append(append(set, healthy()...), network(g)...)
	}
	return append(append(set, healthy()...),
		choice("stickiness.type", "lb_cookie", "lb_cookie", "app_cookie"),
		number("stickiness.lb_cookie.duration_seconds", "86400", 1, week),
		number("stickiness.app_cookie.duration_seconds", "86400", 1, week),
		Attribute{"stickiness.app_cookie.cookie_name", "", appCookie, "a name that does not begin with AWSALB, AWSALBAPP or AWSALBTG"},
		choice("load_balancing.algorithm.type", "round_robin", "round_robin", "least_outstanding_requests", "weighted_random"),
		choice("load_balancing.algorithm.anomaly_mitigation", "off", "on", "off"),
		number("slow_start.duration_seconds", "0", 30, 900, "0"))
}

var reserved = regexp.MustCompile(`^AWSALB`)

func appCookie(v string) bool { return len(v) <= 1024 && !reserved.MatchString(v) }

// healthy is what groups of Application and Network Load Balancers share.
func healthy() Set {
	const prefix = "target_group_health."
	return Set{
		choice("load_balancing.cross_zone.enabled", "use_load_balancer_configuration", "true", "false", "use_load_balancer_configuration"),
		number(prefix+"dns_failover.minimum_healthy_targets.count", "1", 1, 1000000, "off"),
		number(prefix+"dns_failover.minimum_healthy_targets.percentage", "off", 1, 100, "off"),
		number(prefix+"unhealthy_state_routing.minimum_healthy_targets.count", "1", 1, 1000000),
		number(prefix+"unhealthy_state_routing.minimum_healthy_targets.percentage", "off", 1, 100, "off"),
	}
}

func network(g types.TargetGroup) Set {
	datagrams := g.Protocol == types.ProtocolEnumUdp || g.Protocol == types.ProtocolEnumTcpUdp
	terminate, preserve, unhealthy := "false", boolean("preserve_client_ip.enabled", "true"), boolean("target_health_state.unhealthy.connection_termination.enabled", "true")
	if datagrams {
		terminate = "true"
		// "Client IP preservation can't be disabled for UDP and TCP_UDP target groups"; the other "can't be enabled".
		preserve = choice("preserve_client_ip.enabled", "true", "true")
		unhealthy = choice("target_health_state.unhealthy.connection_termination.enabled", "false", "false")
	} else if g.TargetType == types.TargetTypeEnumIp {
		preserve.Default = "false"
	}
	return Set{
		choice("stickiness.type", "source_ip", "source_ip"),
		boolean("deregistration_delay.connection_termination.enabled", terminate),
		preserve, boolean("proxy_protocol_v2.enabled", "false"), unhealthy,
		number("target_health_state.unhealthy.draining_interval_seconds", "0", 0, 360000),
	}
}
