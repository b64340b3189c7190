package rule

import (
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// condition is satisfied when one of its values is ("Rule condition types": a condition's values are alternatives, and
// all conditions of a rule must hold).
type condition func(*Request) bool

// text is a value that a string is compared with.
type text interface{ match(string) bool }

// expression is a value of RegexValues. It is found anywhere in the text: anchors are the user's (chosen here).
type expression struct{ *regexp.Regexp }

func (e expression) match(s string) bool { return e.MatchString(s) }

func compileCondition(c traffic.Condition) (condition, error) {
	switch c.Field {
	case traffic.HostHeader:
		// "A hostname is not case-sensitive" (Host conditions); expressions follow it (chosen here).
		values, err := texts(c, true, "(?i)")
		return func(r *Request) bool { return anyMatches(values, r.Host) }, err
	case traffic.PathPattern:
		// "A path pattern is case-sensitive" and is not applied to the query (Path conditions).
		values, err := texts(c, false, "")
		return func(r *Request) bool { return anyMatches(values, r.Path) }, err
	case traffic.HTTPHeader:
		return headerCondition(c)
	case traffic.RequestMethod:
		// "The match evaluation is case-sensitive. Wildcard characters are not supported" (HTTP request method).
		return func(r *Request) bool { return slices.Contains(c.Values, r.Method) }, nil
	case traffic.QueryString:
		return queryCondition(c), nil
	case traffic.SourceIP:
		return sourceCondition(c)
	default:
		return nil, fmt.Errorf("condition field %q is unknown", c.Field)
	}
}

// texts compiles Values and RegexValues.
func texts(c traffic.Condition, fold bool, flags string) ([]text, error) {
	all := make([]text, 0, len(c.Values)+len(c.RegexValues))
	for _, value := range c.Values {
		all = append(all, compilePattern(value, fold, false))
	}
	for _, value := range c.RegexValues {
		compiled, err := regexp.Compile(flags + value)
		if err != nil {
			return nil, fmt.Errorf("condition %s: regular expression %q: %w", c.Field, value, err)
		}
		all = append(all, expression{compiled})
	}
	return all, nil
}

func anyMatches(values []text, s string) bool {
	return slices.ContainsFunc(values, func(v text) bool { return v.match(s) })
}

// headerCondition compares each value of the header in order. "The header name and the match evaluation are not
// case-sensitive" (HTTP header conditions); expressions keep their case, which they can drop with (?i) (chosen here).
func headerCondition(c traffic.Condition) (condition, error) {
	name := http.CanonicalHeaderKey(c.Header)
	values, err := texts(c, true, "")
	return func(r *Request) bool {
		return slices.ContainsFunc(r.Header[name], func(s string) bool { return anyMatches(values, s) })
	}, err
}

// pair is one value of a query-string condition.
type pair struct {
	anyKey     bool
	key, value pattern
}

// queryCondition looks for one of the pairs. Keys and values ignore case and know wildcards and escapes; a pair without
// a key holds for any key (Query string conditions; API, QueryStringKeyValuePair).
func queryCondition(c traffic.Condition) condition {
	pairs := make([]pair, 0, len(c.Query))
	for _, q := range c.Query {
		pairs = append(pairs, pair{
			anyKey: q.Key == "",
			key:    compilePattern(q.Key, true, true),
			value:  compilePattern(q.Value, true, true),
		})
	}
	return func(r *Request) bool {
		for field := range strings.SplitSeq(r.Query, "&") {
			key, value, _ := strings.Cut(field, "=")
			if field == "" {
				continue
			}
			for _, p := range pairs {
				if (p.anyKey || p.key.match(key)) && p.value.match(value) {
					return true
				}
			}
		}
		return false
	}
}

// sourceCondition holds for addresses in one of the CIDR blocks, or of the family that a Network Load Balancer's rule
// names (API, SourceIpConditionConfig).
func sourceCondition(c traffic.Condition) (condition, error) {
	switch c.AddressType {
	case "ipv4":
		return func(r *Request) bool { return r.Source.Unmap().Is4() }, nil
	case "ipv6":
		return func(r *Request) bool { return !r.Source.Unmap().Is4() }, nil
	}
	blocks := make([]netip.Prefix, 0, len(c.Values))
	for _, value := range c.Values {
		block, err := netip.ParsePrefix(value)
		if err != nil {
			return nil, fmt.Errorf("condition %s: %w", c.Field, err)
		}
		blocks = append(blocks, block.Masked())
	}
	return func(r *Request) bool {
		source := r.Source.Unmap()
		return slices.ContainsFunc(blocks, func(b netip.Prefix) bool { return b.Contains(source) })
	}, nil
}
