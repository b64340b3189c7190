package elbv2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

func (s *Service) listenerOperations() map[string]api.Operation {
	return map[string]api.Operation{
		"CreateListener":               writing(s, (*region).createListener),
		"DescribeListeners":            reading(s, (*region).describeListeners),
		"ModifyListener":               writing(s, (*region).modifyListener),
		"DeleteListener":               writing(s, (*region).deleteListener),
		"DescribeListenerAttributes":   reading(s, (*region).describeListenerAttributes),
		"ModifyListenerAttributes":     writing(s, (*region).modifyListenerAttributes),
		"AddListenerCertificates":      writing(s, (*region).addListenerCertificates),
		"RemoveListenerCertificates":   writing(s, (*region).removeListenerCertificates),
		"DescribeListenerCertificates": reading(s, (*region).describeListenerCertificates),
		"DescribeSSLPolicies":          reading(s, (*region).describeSSLPolicies),
	}
}

// putListener stores a listener and tells the carrier.
func (r *region) putListener(l *listener) {
	r.listeners.Put(l.arn(), l)
	r.carryListener(l)
}

// describeListener is a listener as the API shows it: its default actions are the default rule's.
func (r *region) describeListener(l *listener) types.Listener {
	view := l.View
	view.DefaultActions = r.defaultRule(l.arn()).View.Actions
	return view
}

func (r *region) describeListeners(in *elb.DescribeListenersInput) (*elb.DescribeListenersOutput, error) {
	found, err := r.wantedListeners(in)
	if err != nil {
		return nil, err
	}
	found, next, err := page(found, (*listener).arn, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &elb.DescribeListenersOutput{NextMarker: next}
	for _, l := range found {
		out.Listeners = append(out.Listeners, r.describeListener(l))
	}
	return out, nil
}

func (r *region) wantedListeners(in *elb.DescribeListenersInput) ([]*listener, error) {
	switch {
	case in.LoadBalancerArn != nil && len(in.ListenerArns) > 0:
		return nil, check.Invalid("A load balancer ARN and listener ARNs cannot be specified at the same time")
	case in.LoadBalancerArn != nil:
		if _, err := r.balancer(in.LoadBalancerArn); err != nil {
			return nil, err
		}
		return slices.DeleteFunc(r.listenersOf(*in.LoadBalancerArn), func(l *listener) bool { return r.lagging(l.Created) }), nil
	case len(in.ListenerArns) == 0:
		return nil, check.Invalid("You must specify either listener ARNs or a load balancer ARN")
	}
	if err := batch(len(in.ListenerArns), "listeners"); err != nil {
		return nil, err
	}
	var found []*listener
	for _, arn := range slices.Compact(slices.Sorted(slices.Values(in.ListenerArns))) {
		l, _, err := r.listener(&arn)
		if err != nil {
			return nil, err
		}
		found = append(found, l)
	}
	return found, nil
}

// dropListener takes a listener away with its rules.
func (r *region) dropListener(l *listener) {
	rules := slices.Clone(r.order[l.arn()])
	r.uncarryListener(l)
	for _, u := range rules {
		r.dropRule(u)
	}
	delete(r.order, l.arn())
	r.listeners.Delete(l.arn())
}

func (r *region) deleteListener(in *elb.DeleteListenerInput) (*elb.DeleteListenerOutput, error) {
	l, b, err := r.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	if group := r.groupTargeting(b.arn(), aws.ToInt32(l.View.Port)); group != "" {
		return nil, api.Errorf("ResourceInUse", "Listener '%s' is currently in use by target group '%s'", l.arn(), group)
	}
	r.dropListener(l)
	return &elb.DeleteListenerOutput{}, nil
}
