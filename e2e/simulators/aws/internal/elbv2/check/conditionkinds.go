package check

import (
	"net/netip"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

const (
	// maxValue bounds one condition value. [SDK: "The maximum length of each string is 128 characters"]
	maxValue = 128
	// maxToken bounds a header name and a method. [SDK: 40 characters]
	maxToken = 40
)

var (
	// hostCharacters and pathCharacters are what a value may be made of. [SDK types.RuleCondition.Values,
	// DOC "Host conditions": also _]
	hostCharacters = regexp.MustCompile(`^[A-Za-z0-9_.*?-]+$`)
	pathCharacters = regexp.MustCompile(`^[A-Za-z0-9_.$/~"'@:+&*?-]+$`)
	// methodCharacters: "A-Z, hyphen and underscore". [SDK types.HttpRequestMethodConditionConfig]
	methodCharacters = regexp.MustCompile(`^[A-Z_-]+$`)
	// tokenCharacters are RFC 7230's, without the wildcard *.
	tokenCharacters = regexp.MustCompile("^[A-Za-z0-9!#$%&'+.^_`|~-]+$")
	// lastLabel: "only alphabetical characters after the final '.'" [SDK types.HostHeaderConditionConfig],
	// where a wildcard may stand for them.
	lastLabel = regexp.MustCompile(`^[A-Za-z*?]*$`)
)

// oneKind refuses a condition with both kinds of values, and one with none.
func oneKind(field string, values, regexes []string) error {
	switch {
	case len(values) == 0 && len(regexes) == 0:
		return Invalid("Condition values cannot be empty for field '%s'", field)
	case len(values) > 0 && len(regexes) > 0:
		return Invalid("You can't specify both values and regular expressions for field '%s'", field)
	}
	for _, r := range regexes {
		if err := regex(r, maxValue); err != nil {
			return err
		}
	}
	return nil
}

func valueLength(value string, limit int) error {
	switch {
	case value == "":
		return Invalid("Condition value cannot be empty")
	case len(value) > limit:
		return Invalid("Condition value '%s' cannot be longer than '%d' characters", value, limit)
	}
	return nil
}

// regex judges a regular expression. AWS's dialect has no lookaround,
// backreference, atomic group, possessive quantifier, recursion or \p{..}
// ([DOC "Rule conditions": RegexValues]), which is Go's without \p.
func regex(expression string, limit int) error {
	if err := valueLength(expression, limit); err != nil {
		return err
	}
	unescaped := strings.ReplaceAll(expression, `\\`, "")
	if _, err := regexp.Compile(expression); err != nil || strings.Contains(unescaped, `\p`) || strings.Contains(unescaped, `\P`) {
		return Invalid("The regular expression '%s' is not valid", expression)
	}
	return nil
}

func wildcardsIn(values []string) int {
	n := 0
	for _, v := range values {
		n += strings.Count(v, "*") + strings.Count(v, "?")
	}
	return n
}

func readHost(c types.RuleCondition) (reading, error) {
	values, regexes := c.Values, c.RegexValues
	if c.HostHeaderConfig != nil {
		values, regexes = c.HostHeaderConfig.Values, c.HostHeaderConfig.RegexValues
	}
	if err := oneKind(fieldHost, values, regexes); err != nil {
		return reading{}, err
	}
	for _, v := range values {
		if err := valueLength(v, maxValue); err != nil {
			return reading{}, err
		}
		if !hostCharacters.MatchString(v) {
			return reading{}, Invalid("The host name '%s' contains a character that is not valid", v)
		}
		dot := strings.LastIndexByte(v, '.')
		if dot < 0 || !lastLabel.MatchString(v[dot+1:]) {
			return reading{}, Invalid("The host name '%s' is not valid: it must include at least one '.' and only alphabetical characters after the final '.'", v)
		}
	}
	return described(types.RuleCondition{
		Field: c.Field, Values: values, RegexValues: regexes,
		HostHeaderConfig: &types.HostHeaderConditionConfig{Values: values, RegexValues: regexes},
	}, len(values)+len(regexes), wildcardsIn(values)), nil
}

func described(c types.RuleCondition, values, wildcards int) reading {
	return reading{described: condition(c), values: values, wildcards: wildcards}
}

func readPath(c types.RuleCondition) (reading, error) {
	values, regexes := c.Values, c.RegexValues
	if c.PathPatternConfig != nil {
		values, regexes = c.PathPatternConfig.Values, c.PathPatternConfig.RegexValues
	}
	if err := oneKind(fieldPath, values, regexes); err != nil {
		return reading{}, err
	}
	for _, v := range values {
		if err := valueLength(v, maxValue); err != nil {
			return reading{}, err
		}
		if !pathCharacters.MatchString(v) {
			return reading{}, Invalid("The path pattern '%s' contains a character that is not valid", v)
		}
	}
	return described(types.RuleCondition{
		Field: c.Field, Values: values, RegexValues: regexes,
		PathPatternConfig: &types.PathPatternConditionConfig{Values: values, RegexValues: regexes},
	}, len(values)+len(regexes), wildcardsIn(values)), nil
}

func readHeader(c types.RuleCondition) (reading, error) {
	config := c.HttpHeaderConfig
	if config == nil {
		return reading{}, Invalid("You must specify 'HttpHeaderConfig' when the field is 'http-header'")
	}
	name := aws.ToString(config.HttpHeaderName)
	if err := valueLength(name, maxToken); err != nil {
		return reading{}, err
	}
	if !tokenCharacters.MatchString(name) {
		return reading{}, Invalid("The HTTP header name '%s' contains a character that is not valid", name)
	}
	if strings.EqualFold(name, "host") {
		return reading{}, Invalid("You can't specify the 'host' header in an http-header condition; use a host-header condition")
	}
	values, regexes := config.Values, config.RegexValues
	if len(regexes) == 0 {
		regexes = c.RegexValues
	}
	if err := oneKind(fieldHeader, values, regexes); err != nil {
		return reading{}, err
	}
	for _, v := range values {
		if err := valueLength(v, maxValue); err != nil {
			return reading{}, err
		}
	}
	return described(types.RuleCondition{
		Field: c.Field, RegexValues: c.RegexValues,
		HttpHeaderConfig: &types.HttpHeaderConditionConfig{HttpHeaderName: config.HttpHeaderName, Values: values, RegexValues: regexes},
	}, len(values)+len(regexes), wildcardsIn(values)), nil
}

func readMethod(c types.RuleCondition) (reading, error) {
	if c.HttpRequestMethodConfig == nil || len(c.HttpRequestMethodConfig.Values) == 0 {
		return reading{}, Invalid("Condition values cannot be empty for field 'http-request-method'")
	}
	for _, v := range c.HttpRequestMethodConfig.Values {
		if err := valueLength(v, maxToken); err != nil {
			return reading{}, err
		}
		if !methodCharacters.MatchString(v) {
			return reading{}, Invalid("The HTTP request method '%s' contains a character that is not valid", v)
		}
	}
	return described(c, len(c.HttpRequestMethodConfig.Values), 0), nil
}

func readQuery(c types.RuleCondition) (reading, error) {
	if c.QueryStringConfig == nil || len(c.QueryStringConfig.Values) == 0 {
		return reading{}, Invalid("Condition values cannot be empty for field 'query-string'")
	}
	// A wildcard after \ stands for itself. [SDK types.QueryStringConditionConfig]
	escaped := strings.NewReplacer(`\\`, "", `\*`, "", `\?`, "")
	wildcards := 0
	for _, pair := range c.QueryStringConfig.Values {
		for _, part := range []*string{pair.Key, pair.Value} {
			if part == nil {
				continue
			}
			if err := valueLength(*part, maxValue); err != nil {
				return reading{}, err
			}
			wildcards += wildcardsIn([]string{escaped.Replace(*part)})
		}
		if pair.Value == nil {
			return reading{}, Invalid("A query string condition must specify a value")
		}
	}
	return described(c, len(c.QueryStringConfig.Values), wildcards), nil
}

func readSource(c types.RuleCondition) (reading, error) {
	if c.SourceIpConfig == nil || len(c.SourceIpConfig.Values) == 0 {
		return reading{}, Invalid("Condition values cannot be empty for field 'source-ip'")
	}
	if c.SourceIpConfig.IpAddressType != "" {
		return reading{}, Invalid("'IpAddressType' of a source-ip condition is supported for Network Load Balancers only")
	}
	for _, v := range c.SourceIpConfig.Values {
		if _, err := netip.ParsePrefix(v); err != nil {
			return reading{}, Invalid("The CIDR block '%s' is not valid", v)
		}
	}
	return described(c, len(c.SourceIpConfig.Values), 0), nil
}
