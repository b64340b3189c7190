package elbv2

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

// modifyRule replaces the lists that are given, whole. Transforms go only with
// ResetTransforms: an empty list leaves them. [SDK ModifyRuleInput]
func (r *region) modifyRule(in *elb.ModifyRuleInput) (*elb.ModifyRuleOutput, error) {
	old, err := r.rule(in.RuleArn)
	if err != nil {
		return nil, err
	}
	if old.isDefault() {
		return nil, api.Errorf("OperationNotPermitted", "Default rule '%s' cannot be modified; modify the listener instead", old.arn())
	}
	reset := aws.ToBool(in.ResetTransforms)
	if reset && len(in.Transforms) > 0 {
		return nil, check.Invalid("'Transforms' and 'ResetTransforms' cannot be specified at the same time")
	}
	l, _ := r.listeners.Get(old.Listener)
	b, _ := r.balancers.Get(old.Balancer)
	u := copyOf(old)
	v := &u.View
	switch {
	case reset:
		v.Transforms = nil
	case len(in.Transforms) > 0:
		if err := check.Transforms(b.kind(), in.Transforms); err != nil {
			return nil, err
		}
		v.Transforms = in.Transforms
	}
	if len(in.Conditions) > 0 {
		if v.Conditions, err = check.Conditions(b.kind(), in.Conditions, r.limits(b)); err != nil {
			return nil, err
		}
	}
	if len(in.Actions) > 0 {
		if v.Actions, err = check.Actions(l.front(b), in.Actions, r.limits(b)); err != nil {
			return nil, err
		}
		if err := r.checkForward(b, l.front(b), v.Actions, old); err != nil {
			return nil, err
		}
	}
	r.replaceRule(old, u)
	r.carryRules(u.Listener, u)
	return &elb.ModifyRuleOutput{Rules: []types.Rule{u.View}}, nil
}

// setRulePriorities is judged by where all rules end, so that rules may swap
// places in one call. [V1 SetRulePriorities]
func (r *region) setRulePriorities(in *elb.SetRulePrioritiesInput) (*elb.SetRulePrioritiesOutput, error) {
	moves, err := r.moves(in.RulePriorities)
	if err != nil {
		return nil, err
	}
	for _, m := range moves {
		r.unindex(m.old)
	}
	out := &elb.SetRulePrioritiesOutput{}
	changed := map[string][]*rule{}
	for _, m := range moves {
		r.rules.Put(m.new.arn(), m.new)
		r.index(m.new)
		changed[m.new.Listener] = append(changed[m.new.Listener], m.new)
		out.Rules = append(out.Rules, m.new.View)
	}
	for l, rules := range changed {
		r.carryRules(l, rules...)
	}
	return out, nil
}

// move is a rule before and after its priority changes.
type move struct{ old, new *rule }

func (r *region) moves(pairs []types.RulePriorityPair) ([]move, error) {
	var moves []move
	moving := map[string]bool{}
	for _, p := range pairs {
		old, err := r.rule(p.RuleArn)
		if err != nil {
			return nil, err
		}
		switch {
		case old.isDefault():
			return nil, api.Errorf("OperationNotPermitted", "The priority of default rule '%s' cannot be set", old.arn())
		case moving[old.arn()]:
			return nil, check.Invalid("Rule '%s' was specified more than once", old.arn())
		}
		if err := checkPriority(aws.ToInt32(p.Priority)); err != nil {
			return nil, err
		}
		moving[old.arn()] = true
		u := copyOf(old)
		u.View.Priority = aws.String(strconv.Itoa(int(*p.Priority)))
		moves = append(moves, move{old, u})
	}
	type place struct {
		listener string
		priority int
	}
	taken := map[place]bool{}
	for _, m := range moves {
		to := place{m.new.Listener, m.new.priority()}
		i, there := r.at(to.listener, to.priority)
		if taken[to] || there && !moving[r.order[to.listener][i].arn()] {
			return nil, errPriorityInUse(to.priority)
		}
		taken[to] = true
	}
	return slices.Clip(moves), nil
}
