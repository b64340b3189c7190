package elbv2

import (
	"net/netip"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

// inside tells whether an address is one of a subnet's.
func inside(s Subnet, address string) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(s.CIDRs, func(p netip.Prefix) bool { return p.Contains(a) })
}

// createLoadBalancer gives the one that exists if it was made with equal
// settings. [SDK: idempotent]
func (r *region) createLoadBalancer(in *elb.CreateLoadBalancerInput) (*elb.CreateLoadBalancerOutput, error) {
	if err := check.BalancerName(aws.ToString(in.Name)); err != nil {
		return nil, err
	}
	if err := check.Tags(in.Tags); err != nil {
		return nil, err
	}
	view, err := r.wishedBalancer(in)
	if err != nil {
		return nil, err
	}
	if arn, there := r.balancerNames[*in.Name]; there {
		b, _ := r.balancers.Get(arn)
		if !sameBalancer(b.View, view) {
			return nil, api.Errorf("DuplicateLoadBalancerName", "A load balancer with the same name '%s' exists, but with different settings", *in.Name)
		}
		return &elb.CreateLoadBalancerOutput{LoadBalancers: []types.LoadBalancer{r.describeBalancer(b)}}, nil
	}
	if err := r.roomForBalancer(view.Type); err != nil {
		return nil, err
	}
	id := newID()
	view.LoadBalancerArn = aws.String(arnOf(r.scope, pathBalancer+"/"+kindPaths[view.Type]+"/"+*in.Name+"/"+id))
	view.CreatedTime = aws.Time(r.now().UTC())
	if view.Type != types.LoadBalancerTypeEnumGateway {
		view.DNSName = aws.String(dnsName(view, r.scope.Region, id))
		view.CanonicalHostedZoneId = aws.String(hostedZone(view.Type, r.scope.Region))
	}
	b := &balancer{View: view, Attributes: map[string]string{}, Tags: in.Tags}
	for _, z := range view.AvailabilityZones {
		if err := r.service.Network.CreateInterface(r.scope, Interface{Owner: b.owner(), Subnet: *z.SubnetId, Groups: view.SecurityGroups}); err != nil {
			r.service.Network.ReleaseInterfaces(r.scope, b.owner(), "", r.now())
			return nil, err
		}
	}
	b.Addresses = r.service.pool.give(b, view.AvailabilityZones, nil)
	r.balancers.Put(b.arn(), b)
	r.balancerNames[*in.Name] = b.arn()
	r.schedule(b)
	return &elb.CreateLoadBalancerOutput{LoadBalancers: []types.LoadBalancer{r.describeBalancer(b)}}, nil
}

// wishedBalancer is what is asked for, judged and with its defaults.
func (r *region) wishedBalancer(in *elb.CreateLoadBalancerInput) (types.LoadBalancer, error) {
	view := types.LoadBalancer{
		LoadBalancerName: in.Name, Type: in.Type, Scheme: in.Scheme, IpAddressType: in.IpAddressType,
		SecurityGroups: slices.Clone(in.SecurityGroups), CustomerOwnedIpv4Pool: in.CustomerOwnedIpv4Pool,
		IpamPools: in.IpamPools, EnablePrefixForIpv6SourceNat: in.EnablePrefixForIpv6SourceNat,
	}
	if view.Type == "" {
		view.Type = types.LoadBalancerTypeEnumApplication
	}
	gateway := view.Type == types.LoadBalancerTypeEnumGateway
	if gateway && (view.Scheme != "" || len(view.SecurityGroups) > 0) {
		return view, api.Errorf("InvalidConfigurationRequest", "Scheme and security groups cannot be specified for load balancers of type 'gateway'")
	}
	if view.Scheme == "" && !gateway {
		view.Scheme = types.LoadBalancerSchemeEnumInternetFacing
	}
	if view.IpAddressType == "" {
		view.IpAddressType = types.IpAddressTypeIpv4
	}
	if err := addressType(view, view.IpAddressType); err != nil {
		return view, err
	}
	if view.IpamPools != nil && (view.Type != types.LoadBalancerTypeEnumApplication || view.Scheme != types.LoadBalancerSchemeEnumInternetFacing) {
		return view, api.Errorf("InvalidConfigurationRequest", "IPAM pools are supported only for internet-facing Application Load Balancers")
	}
	p, err := r.place(view, in.Subnets, in.SubnetMappings)
	if err != nil {
		return view, err
	}
	view.VpcId, view.AvailabilityZones = aws.String(p.vpc), p.zones
	// An ALB without a security group gets the VPC's default one; an NLB has none then, for ever. [DOC]
	if view.Type == types.LoadBalancerTypeEnumApplication && len(view.SecurityGroups) == 0 {
		view.SecurityGroups = []string{r.service.Network.DefaultSecurityGroup(r.scope, p.vpc)}
	}
	if view.Type == types.LoadBalancerTypeEnumNetwork && len(view.SecurityGroups) > 0 {
		view.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = aws.String("on")
	}
	return view, r.securityGroups(p.vpc, view.SecurityGroups)
}

// addressType judges an IP address type. [SDK CreateLoadBalancerInput.IpAddressType]
func addressType(view types.LoadBalancer, wished types.IpAddressType) error {
	if wished != types.IpAddressTypeDualstackWithoutPublicIpv4 {
		return nil
	}
	if view.Type != types.LoadBalancerTypeEnumApplication || view.Scheme != types.LoadBalancerSchemeEnumInternetFacing {
		return api.Errorf("InvalidConfigurationRequest", "The IP address type 'dualstack-without-public-ipv4' is supported only for internet-facing Application Load Balancers")
	}
	return nil
}

// sameBalancer tells whether two have equal settings, for idempotency.
func sameBalancer(a, b types.LoadBalancer) bool {
	sorted := func(list []string) []string { return slices.Sorted(slices.Values(list)) }
	subnets := func(v types.LoadBalancer) []string {
		var ids []string
		for _, z := range v.AvailabilityZones {
			ids = append(ids, aws.ToString(z.SubnetId))
		}
		return sorted(ids)
	}
	return a.Type == b.Type && a.Scheme == b.Scheme && a.IpAddressType == b.IpAddressType &&
		slices.Equal(subnets(a), subnets(b)) && slices.Equal(sorted(a.SecurityGroups), sorted(b.SecurityGroups))
}

func (r *region) roomForBalancer(kind types.LoadBalancerTypeEnum) error {
	limit := map[types.LoadBalancerTypeEnum]string{
		types.LoadBalancerTypeEnumApplication: limitALBs,
		types.LoadBalancerTypeEnumNetwork:     limitNLBs,
		types.LoadBalancerTypeEnumGateway:     limitGWLBs,
	}[kind]
	n := 0
	for _, b := range r.balancers.All() {
		if b.kind() == kind {
			n++
		}
	}
	if n >= r.quota(limit) {
		return api.Errorf("TooManyLoadBalancers", "The maximum number of load balancers of type '%s' has been reached: '%d'", kind, r.quota(limit))
	}
	return nil
}
