package check

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Fields of a rule's condition.
const (
	fieldHost   = "host-header"
	fieldPath   = "path-pattern"
	fieldHeader = "http-header"
	fieldMethod = "http-request-method"
	fieldQuery  = "query-string"
	fieldSource = "source-ip"
)

// Limits are the numbers that bound one rule. They are quotas of the account.
type Limits struct {
	// Values is the most condition values of a rule, all conditions together.
	Values int
	// Wildcards is the most wildcards of a rule.
	Wildcards int
	// Groups is the most target groups of a forward action.
	Groups int
}

// Conditions judges the conditions of a rule and gives them as AWS describes
// them. [SDK types.RuleCondition]
func Conditions(kind types.LoadBalancerTypeEnum, conditions []types.RuleCondition, limits Limits) ([]types.RuleCondition, error) {
	if len(conditions) == 0 {
		return nil, Invalid("A rule must have at least one condition")
	}
	if kind != types.LoadBalancerTypeEnumApplication {
		return networkConditions(kind, conditions)
	}
	described := make([]types.RuleCondition, 0, len(conditions))
	count := map[string]int{}
	total, wildcards := 0, 0
	for _, c := range conditions {
		read, err := readCondition(c)
		if err != nil {
			return nil, err
		}
		count[read.described.field()]++
		total += read.values
		wildcards += read.wildcards
		described = append(described, types.RuleCondition(read.described))
	}
	for _, field := range []string{fieldHost, fieldPath, fieldMethod, fieldSource} {
		if count[field] > 1 {
			return nil, Invalid("A rule can only have one '%s' condition", field)
		}
	}
	// "A rule can only have '5' condition values" is AWS's text, as reports of users show it. [DOC quotas]
	if total > limits.Values {
		return nil, Invalid("A rule can only have '%d' condition values", limits.Values)
	}
	if wildcards > limits.Wildcards {
		return nil, Invalid("A rule can only have '%d' condition wildcards", limits.Wildcards)
	}
	return described, nil
}

// condition is the SDK's, with what we ask it.
type condition types.RuleCondition

func (c condition) field() string { return aws.ToString(c.Field) }

// reading is a condition as described, and what it costs of the rule's limits.
type reading struct {
	described         condition
	values, wildcards int
}

func readCondition(c types.RuleCondition) (reading, error) {
	field := aws.ToString(c.Field)
	if err := onlyConfigOf(field, c); err != nil {
		return reading{}, err
	}
	switch field {
	case fieldHost:
		return readHost(c)
	case fieldPath:
		return readPath(c)
	case fieldHeader:
		return readHeader(c)
	case fieldMethod:
		return readMethod(c)
	case fieldQuery:
		return readQuery(c)
	case fieldSource:
		return readSource(c)
	}
	return reading{}, Invalid("Condition field '%s' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'", field)
}

// onlyConfigOf refuses a configuration that is not the field's own ("Specify only when Field is ...").
func onlyConfigOf(field string, c types.RuleCondition) error {
	given := map[string]bool{
		fieldHost: c.HostHeaderConfig != nil, fieldPath: c.PathPatternConfig != nil, fieldHeader: c.HttpHeaderConfig != nil,
		fieldMethod: c.HttpRequestMethodConfig != nil, fieldQuery: c.QueryStringConfig != nil, fieldSource: c.SourceIpConfig != nil,
	}
	for other, there := range given {
		if there && other != field {
			return Invalid("The condition configuration for '%s' cannot be specified when the field is '%s'", other, field)
		}
	}
	plain := field == fieldHost || field == fieldPath
	if len(c.Values) > 0 && !plain {
		return Invalid("'Values' can only be specified when the field is host-header or path-pattern")
	}
	if len(c.RegexValues) > 0 && !plain && field != fieldHeader {
		return Invalid("'RegexValues' can only be specified when the field is http-header, host-header or path-pattern")
	}
	if plain && given[field] && (len(c.Values) > 0 || len(c.RegexValues) > 0) {
		return Invalid("You can't specify both values and a condition configuration for '%s'", field)
	}
	return nil
}

// networkConditions judges the rules of a Network Load Balancer: one source-ip
// condition on the address family. [SDK types.SourceIpConditionConfig]
func networkConditions(kind types.LoadBalancerTypeEnum, conditions []types.RuleCondition) ([]types.RuleCondition, error) {
	if kind != types.LoadBalancerTypeEnumNetwork {
		return nil, misconfigured("Rules are not supported for load balancers of type '%s'", kind)
	}
	c := conditions[0]
	if len(conditions) > 1 || aws.ToString(c.Field) != fieldSource || c.SourceIpConfig == nil || len(c.SourceIpConfig.Values) > 0 {
		return nil, Invalid("Rules of Network Load Balancers support exactly one condition of field 'source-ip' with 'IpAddressType'")
	}
	if !slices.Contains(c.SourceIpConfig.IpAddressType.Values(), c.SourceIpConfig.IpAddressType) {
		return nil, Invalid("The IP address type '%s' must be one of '[ipv4, ipv6]'", c.SourceIpConfig.IpAddressType)
	}
	return conditions, nil
}
