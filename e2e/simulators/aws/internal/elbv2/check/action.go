package check

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// Front is the listener that actions are for.
type Front struct {
	Kind     types.LoadBalancerTypeEnum
	Protocol types.ProtocolEnum
	Port     int32
}

func (f Front) application() bool { return f.Kind == types.LoadBalancerTypeEnumApplication }

// maxActions: one action that authenticates or validates, and the one that
// routes. [SDK types.Action]
const maxActions = 2

// Actions judges the actions of a rule, default or not, and gives them in
// order and as AWS describes them. Target groups are judged by GroupsOf's
// reader: here only their number and weights are.
func Actions(front Front, actions []types.Action, limits Limits) ([]types.Action, error) {
	switch {
	case len(actions) == 0:
		return nil, Invalid("A listener or rule must have at least one action")
	case len(actions) > maxActions:
		return nil, api.Errorf("TooManyActions", "A rule can only have '%d' actions", maxActions)
	}
	ordered, err := inOrder(actions)
	if err != nil {
		return nil, err
	}
	for i, a := range ordered {
		if err := onlyConfigOfAction(a); err != nil {
			return nil, err
		}
		last := i == len(ordered)-1
		if routes(a.Type) != last {
			return nil, badAction("The last action must be one of '[forward, redirect, fixed-response]', and only the last")
		}
		if ordered[i], err = describedAction(front, a, limits); err != nil {
			return nil, err
		}
	}
	return ordered, nil
}

func routes(t types.ActionTypeEnum) bool {
	return t == types.ActionTypeEnumForward || t == types.ActionTypeEnumRedirect || t == types.ActionTypeEnumFixedResponse
}

// inOrder sorts by Order, which several actions need. [SDK types.Action.Order]
func inOrder(actions []types.Action) ([]types.Action, error) {
	ordered := slices.Clone(actions)
	if len(actions) == 1 {
		return ordered, nil
	}
	seen := map[int32]bool{}
	for _, a := range actions {
		if a.Order == nil {
			return nil, badAction("You must specify an order for each action when there is more than one")
		}
		if seen[*a.Order] {
			return nil, badAction("Two actions cannot have the same order '%d'", *a.Order)
		}
		seen[*a.Order] = true
	}
	slices.SortFunc(ordered, func(a, b types.Action) int { return int(*a.Order - *b.Order) })
	return ordered, nil
}

func describedAction(front Front, a types.Action, limits Limits) (types.Action, error) {
	if !front.application() && a.Type != types.ActionTypeEnumForward {
		return a, badAction("Actions of type '%s' are not supported for load balancers of type '%s'", a.Type, front.Kind)
	}
	switch a.Type {
	case types.ActionTypeEnumForward:
		return describedForward(front, a, limits)
	case types.ActionTypeEnumRedirect:
		return describedRedirect(front, a)
	case types.ActionTypeEnumFixedResponse:
		return a, fixedResponse(*a.FixedResponseConfig)
	}
	if front.Protocol != types.ProtocolEnumHttps {
		return a, badAction("Actions of type '%s' are supported only on HTTPS listeners", a.Type)
	}
	switch a.Type {
	case types.ActionTypeEnumAuthenticateOidc:
		return describedOIDC(a)
	case types.ActionTypeEnumAuthenticateCognito:
		return describedCognito(a)
	}
	return a, jwtValidation(*a.JwtValidationConfig)
}

// onlyConfigOfAction wants an action's own configuration and no other's. Its
// text is AWS's, as issues of Terraform show it.
func onlyConfigOfAction(a types.Action) error {
	configs := []struct {
		kind  types.ActionTypeEnum
		name  string
		given bool
	}{
		{types.ActionTypeEnumRedirect, "RedirectConfig", a.RedirectConfig != nil},
		{types.ActionTypeEnumFixedResponse, "FixedResponseConfig", a.FixedResponseConfig != nil},
		{types.ActionTypeEnumAuthenticateOidc, "AuthenticateOidcConfig", a.AuthenticateOidcConfig != nil},
		{types.ActionTypeEnumAuthenticateCognito, "AuthenticateCognitoConfig", a.AuthenticateCognitoConfig != nil},
		{types.ActionTypeEnumJwtValidation, "JwtValidationConfig", a.JwtValidationConfig != nil},
		{types.ActionTypeEnumForward, "ForwardConfig", a.ForwardConfig != nil || a.TargetGroupArn != nil},
	}
	known := false
	for _, c := range configs {
		if c.kind == a.Type {
			known = true
			if !c.given {
				return badAction("For actions of type '%s', you must specify the following fields: '%s'", a.Type, c.name)
			}
		} else if c.given {
			return badAction("For actions of type '%s', you can't specify the following fields: '%s'", a.Type, c.name)
		}
	}
	if !known {
		return Invalid("Action type '%s' must be one of '%v'", a.Type, a.Type.Values())
	}
	return nil
}

// Forwards gives the target groups that actions send to, with their weights,
// once described.
func Forwards(actions []types.Action) []types.TargetGroupTuple {
	for _, a := range actions {
		if a.ForwardConfig != nil {
			return a.ForwardConfig.TargetGroups
		}
	}
	return nil
}

// describedForward fills in what AWS reports of a forward action: the one
// target group in both places, weight 1, stickiness off.
func describedForward(front Front, a types.Action, limits Limits) (types.Action, error) {
	var groups []types.TargetGroupTuple
	stickiness := &types.TargetGroupStickinessConfig{Enabled: aws.Bool(false)}
	if a.ForwardConfig != nil {
		groups = slices.Clone(a.ForwardConfig.TargetGroups)
		if given := a.ForwardConfig.TargetGroupStickinessConfig; given != nil {
			stickiness = &types.TargetGroupStickinessConfig{Enabled: aws.Bool(aws.ToBool(given.Enabled)), DurationSeconds: given.DurationSeconds}
		}
	}
	if a.TargetGroupArn != nil {
		// [SDK types.Action.ForwardConfig: both may be given if they name the same one group]
		if len(groups) > 1 || len(groups) == 1 && aws.ToString(groups[0].TargetGroupArn) != *a.TargetGroupArn {
			return a, badAction("If you specify both 'TargetGroupArn' and 'ForwardConfig', they must name the same single target group")
		}
		if len(groups) == 0 {
			groups = []types.TargetGroupTuple{{TargetGroupArn: a.TargetGroupArn}}
		}
	}
	groups, err := weighted(groups, limits)
	if err != nil {
		return a, err
	}
	if err := groupStickiness(front, stickiness); err != nil {
		return a, err
	}
	a.TargetGroupArn = nil
	if len(groups) == 1 {
		a.TargetGroupArn = groups[0].TargetGroupArn
	}
	a.ForwardConfig = &types.ForwardActionConfig{TargetGroups: groups, TargetGroupStickinessConfig: stickiness}
	return a, nil
}

func weighted(groups []types.TargetGroupTuple, limits Limits) ([]types.TargetGroupTuple, error) {
	if len(groups) == 0 {
		return nil, badAction("You must specify at least one target group for actions of type 'forward'")
	}
	// [DOC quotas: 5 target groups per action, fixed]
	if len(groups) > limits.Groups {
		return nil, api.Errorf("TooManyTargetGroups", "A forward action can only have '%d' target groups", limits.Groups)
	}
	seen := map[string]bool{}
	for i, g := range groups {
		arn := aws.ToString(g.TargetGroupArn)
		switch {
		case arn == "":
			return nil, badAction("You must specify a target group ARN for each target group of a forward action")
		case seen[arn]:
			return nil, badAction("Target group '%s' cannot be specified more than once in a forward action", arn)
		}
		seen[arn] = true
		weight := int32(1)
		if g.Weight != nil {
			weight = *g.Weight
		}
		// [SDK types.TargetGroupTuple]
		if weight < 0 || weight > 999 {
			return nil, Invalid("The weight '%d' of a target group must be between 0 and 999 inclusive", weight)
		}
		groups[i].Weight = aws.Int32(weight)
	}
	return groups, nil
}

// groupStickiness: 1 to 604800 seconds, needed when enabled; for Application
// Load Balancers. [SDK types.TargetGroupStickinessConfig]
func groupStickiness(front Front, s *types.TargetGroupStickinessConfig) error {
	if s.DurationSeconds != nil && (*s.DurationSeconds < 1 || *s.DurationSeconds > 604800) {
		return Invalid("Target group stickiness duration '%d' must be between 1 and 604800 inclusive", *s.DurationSeconds)
	}
	if !aws.ToBool(s.Enabled) {
		return nil
	}
	if !front.application() {
		return badAction("Target group stickiness is not supported for load balancers of type '%s'", front.Kind)
	}
	if s.DurationSeconds == nil {
		return Invalid("You must specify a duration when target group stickiness is enabled")
	}
	return nil
}
