package elbv2

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// Objects by their ARNs. An ARN of another kind is a ValidationError, one that
// names nothing is NotFound.

var (
	errNoBalancer = api.Errorf("LoadBalancerNotFound", "One or more load balancers not found")
	errNoListener = api.Errorf("ListenerNotFound", "One or more listeners not found")
	errNoRule     = api.Errorf("RuleNotFound", "One or more rules not found")
	errNoGroup    = api.Errorf("TargetGroupNotFound", "One or more target groups not found")
	errNoTrust    = api.Errorf("TrustStoreNotFound", "One or more trust stores not found")
)

func (r *region) balancer(arn *string) (*balancer, error) {
	if err := wantARN(pathBalancer, aws.ToString(arn)); err != nil {
		return nil, err
	}
	if b, there := r.balancers.Get(*arn); there {
		return b, nil
	}
	return nil, errNoBalancer
}

// listener is not found for a while after its creation (Delays.ReadLag).
func (r *region) listener(arn *string) (*listener, *balancer, error) {
	if err := wantARN(pathListener, aws.ToString(arn)); err != nil {
		return nil, nil, err
	}
	l, there := r.listeners.Get(*arn)
	if !there || r.lagging(l.Created) {
		return nil, nil, errNoListener
	}
	b, _ := r.balancers.Get(l.balancer())
	return l, b, nil
}

// rule is not found for a while after its creation, except default ones.
func (r *region) rule(arn *string) (*rule, error) {
	if err := wantARN(pathRule, aws.ToString(arn)); err != nil {
		return nil, err
	}
	u, there := r.rules.Get(*arn)
	if !there || r.lagging(u.Created) {
		return nil, errNoRule
	}
	return u, nil
}

func (r *region) lagging(created time.Time) bool {
	return r.now().Before(created.Add(r.service.Delays.ReadLag))
}

func (r *region) group(arn *string) (*group, error) {
	if err := wantARN(pathGroup, aws.ToString(arn)); err != nil {
		return nil, err
	}
	if g, there := r.groups.Get(*arn); there {
		return g, nil
	}
	return nil, errNoGroup
}

func (r *region) trust(arn *string) (*trust, error) {
	if err := wantARN(pathStore, aws.ToString(arn)); err != nil {
		return nil, err
	}
	if t, there := r.trusts.Get(*arn); there {
		return t, nil
	}
	return nil, errNoTrust
}

// copyOf is a record to change and put back.
func copyOf[T any](record *T) *T {
	changed := *record
	return &changed
}
