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

// maxBatch is how many ARNs or names one call may ask for. [SDK: "up to 20"]
const maxBatch = 20

func batch(n int, what string) error {
	if n > maxBatch {
		return check.Invalid("You can specify up to %d %s in a single call", maxBatch, what)
	}
	return nil
}

func (r *region) describeLoadBalancers(in *elb.DescribeLoadBalancersInput) (*elb.DescribeLoadBalancersOutput, error) {
	if len(in.LoadBalancerArns) > 0 && len(in.Names) > 0 {
		return nil, check.Invalid("Load balancer names and load balancer ARNs cannot be specified at the same time")
	}
	if err := batch(len(in.LoadBalancerArns)+len(in.Names), "load balancers"); err != nil {
		return nil, err
	}
	found, err := r.wantedBalancers(in)
	if err != nil {
		return nil, err
	}
	found, next, err := page(found, (*balancer).arn, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &elb.DescribeLoadBalancersOutput{NextMarker: next}
	for _, b := range found {
		out.LoadBalancers = append(out.LoadBalancers, r.describeBalancer(b))
	}
	return out, nil
}

func (r *region) wantedBalancers(in *elb.DescribeLoadBalancersInput) ([]*balancer, error) {
	var found []*balancer
	for _, arn := range in.LoadBalancerArns {
		b, err := r.balancer(&arn)
		if g, there := r.ghosts[arn]; err != nil && there && r.now().Before(g.until) {
			b, err = g.balancer, nil
		}
		if err != nil {
			return nil, err
		}
		found = append(found, b)
	}
	for _, name := range in.Names {
		b, there := r.balancers.Get(r.balancerNames[name])
		if !there {
			return nil, api.Errorf("LoadBalancerNotFound", "Load balancers '[%s]' not found", name)
		}
		found = append(found, b)
	}
	if len(in.LoadBalancerArns)+len(in.Names) == 0 {
		for _, b := range r.balancers.All() {
			found = append(found, b)
		}
		for _, g := range r.ghosts {
			if r.now().Before(g.until) {
				found = append(found, g.balancer)
			}
		}
	}
	slices.SortFunc(found, func(a, b *balancer) int { return strings.Compare(a.arn(), b.arn()) })
	return slices.Compact(found), nil
}

func (r *region) describeAccountLimits(in *elb.DescribeAccountLimitsInput) (*elb.DescribeAccountLimitsOutput, error) {
	var limits []types.Limit
	for _, q := range DefaultQuotas {
		if q.Described {
			limits = append(limits, types.Limit{Name: aws.String(q.Name), Max: aws.String(strconv.Itoa(r.quota(q.Name)))})
		}
	}
	slices.SortFunc(limits, func(a, b types.Limit) int { return strings.Compare(*a.Name, *b.Name) })
	limits, next, err := page(limits, func(l types.Limit) string { return *l.Name }, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &elb.DescribeAccountLimitsOutput{Limits: limits, NextMarker: next}, nil
}
