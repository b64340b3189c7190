package route

import (
	"fmt"
	"regexp"
	"strings"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/proxy/request"
)

// value compares one header or query parameter.
type value struct {
	name  string
	exact string
	regex *regexp.Regexp // in place of exact
}

func compileValue(m ir.ValueMatch) (value, error) {
	switch m.Kind {
	case ir.Exact:
		return value{name: m.Name, exact: m.Value}, nil
	case ir.Regex:
		regex, err := compileRegex(m.Value)
		return value{name: m.Name, regex: regex}, err
	}
	return value{}, fmt.Errorf("unknown kind of match %q", m.Kind)
}

// compileRegex compiles an RE2 expression that must fit a whole value.
func compileRegex(expression string) (*regexp.Regexp, error) {
	// On its own first: "a)(b" is an error, and not two groups of ours.
	if _, err := regexp.Compile(expression); err != nil {
		return nil, err
	}
	return regexp.Compile(`\A(?:` + expression + `)\z`)
}

func (v *value) fits(s string) bool {
	if v.regex != nil {
		return v.regex.MatchString(s)
	}
	return v.exact == s
}

// fitsHeader compares the values of a repeated header as one, joined by
// commas. A header that is absent fits nothing, not even an empty value.
func (v *value) fitsHeader(h request.Headers) bool {
	switch values := h.Values(v.name); len(values) {
	case 0:
		return false
	case 1:
		return v.fits(values[0])
	default:
		return v.fits(strings.Join(values, ","))
	}
}
