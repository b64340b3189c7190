package rule

import (
	"cmp"
	"slices"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// Table is a listener's rules in the order of their evaluation. It never changes: a change makes another table, which
// shares the rules that stay.
type Table struct {
	rules    []*Rule
	fallback *Rule
}

// NewTable is a table of the default rule alone.
func NewTable(defaults []traffic.Action) (*Table, error) {
	return (&Table{}).WithDefault(defaults)
}

// WithDefault is the table with other actions of the default rule.
func (t *Table) WithDefault(defaults []traffic.Action) (*Table, error) {
	fallback, err := Compile(traffic.Rule{ARN: "default", Actions: defaults})
	if err != nil {
		return nil, err
	}
	return &Table{rules: t.rules, fallback: fallback}, nil
}

// With is the table with these rules added or replaced, by ARN.
func (t *Table) With(configs ...traffic.Rule) (*Table, error) {
	place := places(configs)
	kept := make([]bool, len(configs))
	rules := make([]*Rule, 0, len(t.rules)+len(configs))
	for _, r := range t.rules {
		i := place(r.Config.ARN)
		if i >= 0 && !r.same(configs[i]) {
			continue
		}
		rules = append(rules, r)
		if i >= 0 {
			kept[i] = true
		}
	}
	for i, c := range configs {
		if kept[i] {
			continue
		}
		compiled, err := Compile(c)
		if err != nil {
			return nil, err
		}
		rules = append(rules, compiled)
	}
	// "Rules are evaluated in priority order, from the lowest value to the highest value" (Rule priority).
	slices.SortFunc(rules, func(a, b *Rule) int { return cmp.Compare(a.Config.Priority, b.Config.Priority) })
	return &Table{rules: rules, fallback: t.fallback}, nil
}

// places finds a rule by ARN, or gives -1. The change of one rule must not cost a hash of every other's ARN.
func places(configs []traffic.Rule) func(string) int {
	if len(configs) == 1 {
		return func(arn string) int {
			if arn == configs[0].ARN {
				return 0
			}
			return -1
		}
	}
	known := make(map[string]int, len(configs))
	for i, c := range configs {
		known[c.ARN] = i
	}
	return func(arn string) int {
		if i, ok := known[arn]; ok {
			return i
		}
		return -1
	}
}

// Without is the table without these rules.
func (t *Table) Without(arns ...string) *Table {
	rules := slices.DeleteFunc(slices.Clone(t.rules), func(r *Rule) bool { return slices.Contains(arns, r.Config.ARN) })
	return &Table{rules: rules, fallback: t.fallback}
}

// Match is the first rule whose conditions hold, or the default rule: "The default rule is evaluated last".
func (t *Table) Match(request *Request) *Rule {
	for _, r := range t.rules {
		if r.Matches(request) {
			return r
		}
	}
	return t.fallback
}
