package rule

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// Rule is a compiled rule.
type Rule struct {
	// Config is what it was compiled from. It is not to be changed.
	Config traffic.Rule

	conditions []condition
	transforms []transform
	action     traffic.Action
	// authenticate is the type of an authentication action before it.
	authenticate string
}

// Compile makes a rule ready. Rules come validated, so an error is the simulator's own.
func Compile(config traffic.Rule) (*Rule, error) {
	r := &Rule{Config: config}
	for _, c := range config.Conditions {
		compiled, err := compileCondition(c)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", config.ARN, err)
		}
		r.conditions = append(r.conditions, compiled)
	}
	for _, t := range config.Transforms {
		compiled, err := compileTransform(t)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", config.ARN, err)
		}
		r.transforms = append(r.transforms, compiled)
	}
	// "The action with the lowest order value is performed first"; the last is a forward, redirect or fixed-response
	// (Rule action types).
	actions := slices.Clone(config.Actions)
	slices.SortStableFunc(actions, func(a, b traffic.Action) int { return a.Order - b.Order })
	for _, a := range actions {
		if a.Authenticate != "" {
			r.authenticate = a.Authenticate
			continue
		}
		r.action = a
	}
	if r.action == (traffic.Action{}) {
		return nil, fmt.Errorf("rule %s: %w", config.ARN, errors.New("no forward, redirect or fixed-response action"))
	}
	return r, nil
}

// Matches says whether all conditions hold.
func (r *Rule) Matches(request *Request) bool {
	for _, c := range r.conditions {
		if !c(request) {
			return false
		}
	}
	return true
}

// Action is what is done in the end.
func (r *Rule) Action() traffic.Action { return r.action }

// Authenticate is the type of the authentication that comes before the action, or empty.
func (r *Rule) Authenticate() string { return r.authenticate }

// same says whether the rule was compiled from an equal configuration.
func (r *Rule) same(config traffic.Rule) bool { return reflect.DeepEqual(r.Config, config) }
