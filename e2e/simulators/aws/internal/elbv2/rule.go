package elbv2

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

func (s *Service) ruleOperations() map[string]api.Operation {
	return map[string]api.Operation{
		"CreateRule":        writing(s, (*region).createRule),
		"DescribeRules":     reading(s, (*region).describeRules),
		"ModifyRule":        writing(s, (*region).modifyRule),
		"DeleteRule":        writing(s, (*region).deleteRule),
		"SetRulePriorities": writing(s, (*region).setRulePriorities),
	}
}

// addRule stores a new rule.
func (r *region) addRule(u *rule) {
	r.rules.Put(u.arn(), u)
	r.index(u)
	r.carryUse(u)
}

// replaceRule stores a changed rule in the place of the old one.
func (r *region) replaceRule(old, u *rule) {
	r.unindex(old)
	r.rules.Put(u.arn(), u)
	r.index(u)
	r.carryUse(u)
	r.release(old)
}

// dropRule takes a rule away.
func (r *region) dropRule(u *rule) {
	r.unindex(u)
	r.rules.Delete(u.arn())
	r.release(u)
}

// release notes which groups a rule was the last to name.
func (r *region) release(u *rule) {
	for _, f := range u.forwards() {
		if len(r.users[*f.TargetGroupArn]) > 0 {
			continue
		}
		if g, there := r.groups.Get(*f.TargetGroupArn); there {
			g = copyOf(g)
			g.Released = r.now()
			r.groups.Put(g.arn(), g)
			r.carryGroup(g)
		}
	}
}

func checkPriority(p int32) error {
	// [V1 RulePriority]
	if p < 1 || p > 50000 {
		return check.Invalid("Priority '%d' must be between 1 and 50000 inclusive", p)
	}
	return nil
}

func errPriorityInUse(p int) error {
	return api.Errorf("PriorityInUse", "Priority '%d' is currently in use", p)
}

// createRule is not idempotent: a lost answer shows up as PriorityInUse.
func (r *region) createRule(in *elb.CreateRuleInput) (*elb.CreateRuleOutput, error) {
	l, b, err := r.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	if err := check.Tags(in.Tags); err != nil {
		return nil, err
	}
	priority := aws.ToInt32(in.Priority)
	if err := checkPriority(priority); err != nil {
		return nil, err
	}
	u := &rule{
		View:     types.Rule{IsDefault: aws.Bool(false), Priority: aws.String(strconv.Itoa(int(priority)))},
		Listener: l.arn(), Balancer: b.arn(), Tags: in.Tags, Created: r.now(),
	}
	if err := r.fillRule(u, l, b, in.Conditions, in.Actions, in.Transforms); err != nil {
		return nil, err
	}
	if b.kind() == types.LoadBalancerTypeEnumNetwork && b.View.IpAddressType != types.IpAddressTypeDualstack {
		// [DOC "Listener rules for your Network Load Balancer": dual-stack ones only]
		return nil, api.Errorf("InvalidConfigurationRequest", "Rules of Network Load Balancers are supported only for dualstack load balancers")
	}
	if _, taken := r.at(l.arn(), int(priority)); taken {
		return nil, errPriorityInUse(int(priority))
	}
	// [DOC quotas: "Rules per Application Load Balancer", all listeners together, default rules not counted]
	if r.ruleCount[b.arn()] >= r.quota(limitRulesALB) {
		return nil, api.Errorf("TooManyRules", "The maximum number of rules has been reached for load balancer '%s': '%d'", b.arn(), r.quota(limitRulesALB))
	}
	if err := r.checkForward(b, l.front(b), u.View.Actions, nil); err != nil {
		return nil, err
	}
	u.View.RuleArn = aws.String(below(l.arn(), pathRule, newID()))
	r.addRule(u)
	r.carryRules(l.arn(), u)
	return &elb.CreateRuleOutput{Rules: []types.Rule{u.View}}, nil
}

// fillRule judges the parts of a rule by themselves and sets them as described.
func (r *region) fillRule(u *rule, l *listener, b *balancer, conditions []types.RuleCondition, actions []types.Action, transforms []types.RuleTransform) error {
	limits := r.limits(b)
	var err error
	if u.View.Conditions, err = check.Conditions(b.kind(), conditions, limits); err != nil {
		return err
	}
	if u.View.Actions, err = check.Actions(l.front(b), actions, limits); err != nil {
		return err
	}
	u.View.Transforms = transforms
	return check.Transforms(b.kind(), transforms)
}

func (r *region) describeRules(in *elb.DescribeRulesInput) (*elb.DescribeRulesOutput, error) {
	found, err := r.wantedRules(in)
	if err != nil {
		return nil, err
	}
	key := func(u *rule) string {
		// Of one listener by priority; of several by ARN.
		if in.ListenerArn != nil {
			return padded(u.priority())
		}
		return u.arn()
	}
	found, next, err := page(found, key, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &elb.DescribeRulesOutput{NextMarker: next}
	for _, u := range found {
		out.Rules = append(out.Rules, u.View)
	}
	return out, nil
}

// padded makes the order of text that of numbers.
func padded(priority int) string {
	text := strconv.Itoa(priority)
	return strings.Repeat("0", 5-len(text)) + text
}

func (r *region) wantedRules(in *elb.DescribeRulesInput) ([]*rule, error) {
	switch {
	case in.ListenerArn != nil && len(in.RuleArns) > 0:
		return nil, check.Invalid("A listener ARN and rule ARNs cannot be specified at the same time")
	case in.ListenerArn != nil:
		l, _, err := r.listener(in.ListenerArn)
		if err != nil {
			return nil, err
		}
		if r.service.Delays.ReadLag == 0 {
			return r.order[l.arn()], nil
		}
		return slices.DeleteFunc(slices.Clone(r.order[l.arn()]), func(u *rule) bool { return r.lagging(u.Created) }), nil
	case len(in.RuleArns) == 0:
		return nil, check.Invalid("You must specify either listener ARNs or rule ARNs")
	}
	if err := batch(len(in.RuleArns), "rules"); err != nil {
		return nil, err
	}
	var found []*rule
	for _, arn := range slices.Compact(slices.Sorted(slices.Values(in.RuleArns))) {
		u, err := r.rule(&arn)
		if err != nil {
			return nil, err
		}
		found = append(found, u)
	}
	return found, nil
}

func (r *region) deleteRule(in *elb.DeleteRuleInput) (*elb.DeleteRuleOutput, error) {
	u, err := r.rule(in.RuleArn)
	if err != nil {
		return nil, err
	}
	if u.isDefault() {
		return nil, api.Errorf("OperationNotPermitted", "Default rule '%s' cannot be deleted", u.arn())
	}
	r.service.Carrier.RemoveRules(u.Listener, u.arn())
	r.dropRule(u)
	return &elb.DeleteRuleOutput{}, nil
}
