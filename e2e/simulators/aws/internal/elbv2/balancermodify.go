package elbv2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

// putBalancer stores a changed load balancer and tells the carrier.
func (r *region) putBalancer(b *balancer) {
	r.balancers.Put(b.arn(), b)
	r.carryBalancer(b)
}

func (r *region) setSubnets(in *elb.SetSubnetsInput) (*elb.SetSubnetsOutput, error) {
	old, err := r.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	b := copyOf(old)
	if in.IpAddressType != "" {
		if err := addressType(b.View, in.IpAddressType); err != nil {
			return nil, err
		}
		b.View.IpAddressType = in.IpAddressType
	}
	if in.EnablePrefixForIpv6SourceNat != "" {
		b.View.EnablePrefixForIpv6SourceNat = in.EnablePrefixForIpv6SourceNat
	}
	p, err := r.place(b.View, in.Subnets, in.SubnetMappings)
	if err != nil {
		return nil, err
	}
	if p.vpc != aws.ToString(b.View.VpcId) {
		return nil, api.Errorf("InvalidSubnet", "The subnets must be in the VPC '%s' of the load balancer", aws.ToString(b.View.VpcId))
	}
	if err := keepsZones(old, p); err != nil {
		return nil, err
	}
	if err := r.moveInterfaces(old, p); err != nil {
		return nil, err
	}
	b.View.AvailabilityZones = p.zones
	b.Addresses = r.service.pool.give(b, p.zones, old.Addresses)
	r.putBalancer(b)
	for arn := range r.attached[b.arn()] {
		g, _ := r.groups.Get(arn)
		r.carryTargets(g)
	}
	return &elb.SetSubnetsOutput{
		AvailabilityZones: p.zones, IpAddressType: b.View.IpAddressType,
		EnablePrefixForIpv6SourceNat: b.View.EnablePrefixForIpv6SourceNat,
	}, nil
}

// keepsZones: a Gateway Load Balancer must keep the subnets that it has. [SDK SetSubnetsInput]
func keepsZones(old *balancer, p placement) error {
	if old.kind() != types.LoadBalancerTypeEnumGateway {
		return nil
	}
	for _, had := range old.View.AvailabilityZones {
		if !slices.ContainsFunc(p.zones, func(z types.AvailabilityZone) bool { return *z.SubnetId == *had.SubnetId }) {
			return api.Errorf("InvalidConfigurationRequest", "Subnets cannot be removed from load balancers of type 'gateway'")
		}
	}
	return nil
}

// moveInterfaces makes network interfaces in new subnets and releases those in
// subnets that are no longer used.
func (r *region) moveInterfaces(b *balancer, p placement) error {
	has := func(zones []types.AvailabilityZone, subnet string) bool {
		return slices.ContainsFunc(zones, func(z types.AvailabilityZone) bool { return *z.SubnetId == subnet })
	}
	for _, z := range p.zones {
		if !has(b.View.AvailabilityZones, *z.SubnetId) {
			err := r.service.Network.CreateInterface(r.scope, Interface{Owner: b.owner(), Subnet: *z.SubnetId, Groups: b.View.SecurityGroups})
			if err != nil {
				return err
			}
		}
	}
	for _, z := range b.View.AvailabilityZones {
		if !has(p.zones, *z.SubnetId) {
			r.service.Network.ReleaseInterfaces(r.scope, b.owner(), *z.SubnetId, r.now().Add(r.service.Delays.InterfaceLinger))
		}
	}
	return nil
}

func (r *region) setSecurityGroups(in *elb.SetSecurityGroupsInput) (*elb.SetSecurityGroupsOutput, error) {
	old, err := r.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	switch {
	case old.kind() == types.LoadBalancerTypeEnumGateway:
		return nil, api.Errorf("InvalidConfigurationRequest", "Security groups are not supported for load balancers of type 'gateway'")
	case old.kind() == types.LoadBalancerTypeEnumNetwork && len(old.View.SecurityGroups) == 0:
		// [DOC "Update the security groups for your Network Load Balancer": only if some were set at creation]
		return nil, api.Errorf("InvalidConfigurationRequest", "You cannot associate security groups with a Network Load Balancer that was created without security groups")
	case old.application() && in.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic != "":
		return nil, api.Errorf("InvalidConfigurationRequest", "Enforcing inbound rules on PrivateLink traffic is supported only for Network Load Balancers")
	case len(in.SecurityGroups) == 0:
		return nil, check.Invalid("At least one security group must be specified")
	}
	if err := r.securityGroups(aws.ToString(old.View.VpcId), in.SecurityGroups); err != nil {
		return nil, err
	}
	b := copyOf(old)
	b.View.SecurityGroups = slices.Clone(in.SecurityGroups)
	if in.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic != "" {
		b.View.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic = aws.String(string(in.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic))
	}
	r.service.Network.SetInterfaceGroups(r.scope, b.owner(), b.View.SecurityGroups)
	r.putBalancer(b)
	return &elb.SetSecurityGroupsOutput{
		SecurityGroupIds: b.View.SecurityGroups,
		EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic: types.EnforceSecurityGroupInboundRulesOnPrivateLinkTrafficEnum(
			aws.ToString(b.View.EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic)),
	}, nil
}

func (r *region) setIPAddressType(in *elb.SetIpAddressTypeInput) (*elb.SetIpAddressTypeOutput, error) {
	old, err := r.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	if err := addressType(old.View, in.IpAddressType); err != nil {
		return nil, err
	}
	b := copyOf(old)
	b.View.IpAddressType = in.IpAddressType
	for _, z := range b.View.AvailabilityZones {
		if _, err := r.usableSubnet(b.View, *z.SubnetId); err != nil {
			return nil, err
		}
	}
	if in.IpAddressType == types.IpAddressTypeIpv4 {
		for group := range r.attached[b.arn()] {
			if g, _ := r.groups.Get(group); g.View.IpAddressType == types.TargetGroupIpAddressTypeEnumIpv6 {
				return nil, api.Errorf("InvalidConfigurationRequest", "The IP address type cannot be 'ipv4' while the load balancer has target groups of IP address type 'ipv6'")
			}
		}
	}
	r.putBalancer(b)
	return &elb.SetIpAddressTypeOutput{IpAddressType: in.IpAddressType}, nil
}

func (r *region) modifyIPPools(in *elb.ModifyIpPoolsInput) (*elb.ModifyIpPoolsOutput, error) {
	old, err := r.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	if !old.application() || old.View.Scheme != types.LoadBalancerSchemeEnumInternetFacing {
		return nil, api.Errorf("InvalidConfigurationRequest", "IPAM pools are supported only for internet-facing Application Load Balancers")
	}
	if (in.IpamPools == nil) == (len(in.RemoveIpamPools) == 0) {
		return nil, check.Invalid("You must specify either IPAM pools or IPAM pools to remove")
	}
	b := copyOf(old)
	b.View.IpamPools = in.IpamPools
	r.putBalancer(b)
	return &elb.ModifyIpPoolsOutput{IpamPools: b.View.IpamPools}, nil
}

// deleteLoadBalancer takes the listeners and rules along. One that does not
// exist is a success. [SDK]
func (r *region) deleteLoadBalancer(in *elb.DeleteLoadBalancerInput) (*elb.DeleteLoadBalancerOutput, error) {
	if err := wantARN(pathBalancer, aws.ToString(in.LoadBalancerArn)); err != nil {
		return nil, err
	}
	b, there := r.balancers.Get(*in.LoadBalancerArn)
	if !there {
		return &elb.DeleteLoadBalancerOutput{}, nil
	}
	if b.Attributes["deletion_protection.enabled"] == "true" {
		return nil, api.Errorf("OperationNotPermitted", "Load balancer '%s' cannot be deleted because deletion protection is enabled", b.arn())
	}
	if group := r.groupTargeting(b.arn(), 0); group != "" {
		return nil, api.Errorf("ResourceInUse", "Load balancer '%s' is currently in use as a target of target group '%s'", b.arn(), group)
	}
	for _, l := range r.listenersOf(b.arn()) {
		r.dropListener(l)
	}
	r.balancers.Delete(b.arn())
	delete(r.balancerNames, *b.View.LoadBalancerName)
	delete(r.attached, b.arn())
	delete(r.ruleCount, b.arn())
	r.service.Network.ReleaseInterfaces(r.scope, b.owner(), "", r.now().Add(r.service.Delays.InterfaceLinger))
	r.uncarryBalancer(b)
	if lag := r.service.Delays.DeletionLag; lag > 0 {
		r.ghosts[b.arn()] = ghost{b, r.now().Add(lag)}
		r.after(lag, func() { delete(r.ghosts, b.arn()) })
	}
	return &elb.DeleteLoadBalancerOutput{}, nil
}
