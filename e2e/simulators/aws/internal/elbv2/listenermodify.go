package elbv2

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

// modifyListener replaces what is given, lists whole. A change from HTTPS to
// HTTP, or from TLS to TCP, drops the certificates and the security policy. [SDK]
func (r *region) modifyListener(in *elb.ModifyListenerInput) (*elb.ModifyListenerOutput, error) {
	old, b, err := r.listener(in.ListenerArn)
	if err != nil {
		return nil, err
	}
	l := modified(old, in)
	if err := r.checkListener(b, l); err != nil {
		return nil, err
	}
	if other := r.onPort(b, aws.ToInt32(l.View.Port)); other != nil && other.arn() != l.arn() {
		return nil, errDuplicateListener(b)
	}
	if err := r.roomForMutualTLS(b, l); err != nil {
		return nil, err
	}
	byDefault := r.defaultRule(l.arn())
	actions := byDefault.View.Actions
	if len(in.DefaultActions) > 0 {
		if actions, err = check.Actions(l.front(b), in.DefaultActions, r.limits(b)); err != nil {
			return nil, err
		}
		if err := r.checkForward(b, l.front(b), actions, byDefault); err != nil {
			return nil, err
		}
	}
	if old.View.Protocol != l.View.Protocol {
		if err := r.stillCompatible(l.front(b), old); err != nil {
			return nil, err
		}
	}
	r.listeners.Put(l.arn(), l)
	if len(in.DefaultActions) > 0 {
		replaced := copyOf(byDefault)
		replaced.View.Actions = actions
		r.replaceRule(byDefault, replaced)
	}
	r.carryListener(l)
	return &elb.ModifyListenerOutput{Listeners: []types.Listener{r.describeListener(l)}}, nil
}

func modified(old *listener, in *elb.ModifyListenerInput) *listener {
	l := copyOf(old)
	v := &l.View
	if in.Port != nil {
		v.Port = in.Port
	}
	if in.Protocol != "" && in.Protocol != v.Protocol {
		v.Protocol = in.Protocol
		if !secure(v.Protocol) {
			v.Certificates, v.SslPolicy, l.Certificates = nil, nil, nil
		}
		if v.Protocol != types.ProtocolEnumTls {
			v.AlpnPolicy = nil
		}
		v.MutualAuthentication = nil
	}
	if in.SslPolicy != nil {
		v.SslPolicy = in.SslPolicy
	}
	if len(in.Certificates) > 0 {
		v.Certificates = in.Certificates
	}
	if in.AlpnPolicy != nil {
		v.AlpnPolicy = in.AlpnPolicy
	}
	if in.MutualAuthentication != nil {
		v.MutualAuthentication = in.MutualAuthentication
	}
	return l
}

// stillCompatible judges the rules of a listener under its new protocol.
func (r *region) stillCompatible(front check.Front, l *listener) error {
	for _, u := range r.order[l.arn()] {
		for _, f := range u.forwards() {
			g, _ := r.groups.Get(*f.TargetGroupArn)
			if err := check.Compatible(front, g.View); err != nil {
				return err
			}
		}
	}
	return nil
}
