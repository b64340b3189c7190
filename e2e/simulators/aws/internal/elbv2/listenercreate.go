package elbv2

import (
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

// createListener gives the one that exists if it was made with equal settings.
// [SDK: idempotent]
func (r *region) createListener(in *elb.CreateListenerInput) (*elb.CreateListenerOutput, error) {
	b, err := r.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	if err := check.Tags(in.Tags); err != nil {
		return nil, err
	}
	l := &listener{
		View: types.Listener{
			LoadBalancerArn: in.LoadBalancerArn, Port: in.Port, Protocol: in.Protocol, SslPolicy: in.SslPolicy,
			Certificates: in.Certificates, AlpnPolicy: in.AlpnPolicy, MutualAuthentication: in.MutualAuthentication,
		},
		Attributes: map[string]string{}, Tags: in.Tags, Created: r.now(),
	}
	if err := r.checkListener(b, l); err != nil {
		return nil, err
	}
	actions, err := check.Actions(l.front(b), in.DefaultActions, r.limits(b))
	if err != nil {
		return nil, err
	}
	if other := r.onPort(b, aws.ToInt32(in.Port)); other != nil {
		if !r.sameListener(other, l, actions) {
			return nil, errDuplicateListener(b)
		}
		return &elb.CreateListenerOutput{Listeners: []types.Listener{r.describeListener(other)}}, nil
	}
	if err := r.roomForListener(b, l); err != nil {
		return nil, err
	}
	if err := r.checkForward(b, l.front(b), actions, nil); err != nil {
		return nil, err
	}
	l.View.ListenerArn = aws.String(below(b.arn(), pathListener, newID()))
	r.listeners.Put(l.arn(), l)
	r.addRule(&rule{
		View: types.Rule{
			RuleArn: aws.String(below(l.arn(), pathRule, newID())), IsDefault: aws.Bool(true), Priority: aws.String("default"),
			Actions: actions, Conditions: []types.RuleCondition{},
		},
		Listener: l.arn(), Balancer: b.arn(), Created: l.Created,
	})
	r.carryListener(l)
	return &elb.CreateListenerOutput{Listeners: []types.Listener{r.describeListener(l)}}, nil
}

func errDuplicateListener(b *balancer) error {
	return api.Errorf("DuplicateListener", "A listener already exists on this port for this load balancer '%s'", b.arn())
}

func (r *region) onPort(b *balancer, port int32) *listener {
	for _, l := range r.listenersOf(b.arn()) {
		if aws.ToInt32(l.View.Port) == port {
			return l
		}
	}
	return nil
}

// sameListener compares settings, for idempotency.
func (r *region) sameListener(old, wished *listener, actions []types.Action) bool {
	a, b := r.describeListener(old), wished.View
	a.ListenerArn, b.DefaultActions = nil, actions
	return reflect.DeepEqual(a, b)
}

// limits are the numbers that bound a rule of a load balancer.
func (r *region) limits(b *balancer) check.Limits {
	groups := limitGroupsPerActionALB
	if !b.application() {
		groups = limitGroupsPerActionNLB
	}
	return check.Limits{
		Values: r.quota(limitConditionValues), Wildcards: r.quota(limitConditionWildcards), Groups: r.quota(groups),
	}
}

func (r *region) roomForListener(b *balancer, l *listener) error {
	limit := limitListenersALB
	switch b.kind() {
	case types.LoadBalancerTypeEnumNetwork:
		limit = limitListenersNLB
	case types.LoadBalancerTypeEnumGateway:
		if len(r.listenersOf(b.arn())) > 0 {
			return api.Errorf("TooManyListeners", "A load balancer of type 'gateway' can only have '1' listener")
		}
	}
	if len(r.listenersOf(b.arn())) >= r.quota(limit) {
		return api.Errorf("TooManyListeners", "The maximum number of listeners has been reached for load balancer '%s': '%d'", b.arn(), r.quota(limit))
	}
	return r.roomForMutualTLS(b, l)
}

// roomForMutualTLS bounds how many listeners of a load balancer verify client certificates. [DOC quotas]
func (r *region) roomForMutualTLS(b *balancer, l *listener) error {
	if !verifies(l) {
		return nil
	}
	n := 1
	for _, other := range r.listenersOf(b.arn()) {
		if verifies(other) && other.arn() != l.arn() {
			n++
		}
	}
	if n > r.quota(limitMutualTLSListeners) {
		return api.Errorf("InvalidConfigurationRequest", "A load balancer can only have '%d' listeners with mutual authentication mode 'verify'", r.quota(limitMutualTLSListeners))
	}
	return nil
}

func verifies(l *listener) bool {
	return l.View.MutualAuthentication != nil && aws.ToString(l.View.MutualAuthentication.Mode) == "verify"
}
