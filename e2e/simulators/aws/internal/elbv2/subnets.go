package elbv2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

// placement is where a load balancer shall be, judged.
type placement struct {
	vpc   string
	zones []types.AvailabilityZone
}

// place judges subnets or subnet mappings for a load balancer and gives its
// availability zones. [SDK CreateLoadBalancerInput.Subnets, SubnetMappings]
func (r *region) place(view types.LoadBalancer, ids []string, mappings []types.SubnetMapping) (placement, error) {
	if len(ids) > 0 && len(mappings) > 0 {
		return placement{}, check.Invalid("You must specify either subnets or subnet mappings, not both")
	}
	for _, id := range ids {
		mappings = append(mappings, types.SubnetMapping{SubnetId: aws.String(id)})
	}
	if len(mappings) == 0 {
		return placement{}, check.Invalid("At least one subnet must be specified")
	}
	p := placement{}
	var seen []string
	for _, m := range mappings {
		subnet, err := r.usableSubnet(view, aws.ToString(m.SubnetId))
		if err != nil {
			return p, err
		}
		if p.vpc != "" && subnet.VPC != p.vpc {
			return p, api.Errorf("InvalidSubnet", "The subnets must be in the same VPC")
		}
		if slices.Contains(seen, subnet.Zone) {
			return p, api.Errorf("InvalidConfigurationRequest", "A load balancer cannot be attached to multiple subnets in the same Availability Zone")
		}
		zone, err := mappedZone(view, m, subnet)
		if err != nil {
			return p, err
		}
		p.vpc = subnet.VPC
		seen = append(seen, subnet.Zone)
		p.zones = append(p.zones, zone)
	}
	if view.Type == types.LoadBalancerTypeEnumApplication && len(p.zones) < 2 {
		return p, check.Invalid("At least two subnets in two different Availability Zones must be specified")
	}
	vpc, _ := r.service.Network.VPC(r.scope, p.vpc)
	if view.Scheme == types.LoadBalancerSchemeEnumInternetFacing && view.Type != types.LoadBalancerTypeEnumGateway && !vpc.InternetGateway {
		return p, api.Errorf("InvalidSubnet", "VPC %s has no internet gateway", p.vpc)
	}
	return p, nil
}

// minimumFree is how many free addresses each subnet of an Application Load
// Balancer needs. [DOC "Subnets for your load balancer"]
const minimumFree = 8

func (r *region) usableSubnet(view types.LoadBalancer, id string) (Subnet, error) {
	subnet, there := r.service.Network.Subnet(r.scope, id)
	if !there {
		return subnet, api.Errorf("SubnetNotFound", "The subnet ID '%s' does not exist", id)
	}
	attached := slices.ContainsFunc(view.AvailabilityZones, func(z types.AvailabilityZone) bool { return aws.ToString(z.SubnetId) == id })
	if view.Type == types.LoadBalancerTypeEnumApplication && !attached && subnet.Free < minimumFree {
		return subnet, api.Errorf("InvalidSubnet", "Not enough IP space available in %s. ELB requires at least %d free IP addresses in each subnet.", id, minimumFree)
	}
	if view.IpAddressType != types.IpAddressTypeIpv4 && view.IpAddressType != "" && !subnet.dualstack() {
		return subnet, api.Errorf("InvalidSubnet", "You must specify subnets with an associated IPv6 CIDR block.")
	}
	return subnet, nil
}

// mappedZone judges the addresses of a mapping: Network Load Balancers alone may choose theirs.
func mappedZone(view types.LoadBalancer, m types.SubnetMapping, subnet Subnet) (types.AvailabilityZone, error) {
	zone := types.AvailabilityZone{SubnetId: m.SubnetId, ZoneName: aws.String(subnet.Zone)}
	if m.AllocationId == nil && m.PrivateIPv4Address == nil && m.IPv6Address == nil && m.SourceNatIpv6Prefix == nil {
		return zone, nil
	}
	internal := view.Scheme == types.LoadBalancerSchemeEnumInternal
	switch {
	case view.Type != types.LoadBalancerTypeEnumNetwork:
		return zone, api.Errorf("InvalidConfigurationRequest", "Addresses cannot be specified in the subnet mappings of load balancers of type '%s'", view.Type)
	case m.AllocationId != nil && internal:
		return zone, api.Errorf("InvalidConfigurationRequest", "Elastic IP addresses cannot be specified for internal load balancers")
	case m.PrivateIPv4Address != nil && !internal:
		return zone, api.Errorf("InvalidConfigurationRequest", "Private IPv4 addresses cannot be specified for internet-facing load balancers")
	case m.PrivateIPv4Address != nil && !inside(subnet, *m.PrivateIPv4Address):
		return zone, api.Errorf("InvalidConfigurationRequest", "The private IPv4 address '%s' is not within the subnet '%s'", *m.PrivateIPv4Address, subnet.ID)
	}
	if m.AllocationId != nil || m.PrivateIPv4Address != nil || m.IPv6Address != nil {
		zone.LoadBalancerAddresses = []types.LoadBalancerAddress{{
			AllocationId: m.AllocationId, PrivateIPv4Address: m.PrivateIPv4Address, IPv6Address: m.IPv6Address,
		}}
	}
	if m.SourceNatIpv6Prefix != nil {
		zone.SourceNatIpv6Prefixes = []string{*m.SourceNatIpv6Prefix}
	}
	return zone, nil
}

// securityGroups judges the security groups of a load balancer in a VPC.
func (r *region) securityGroups(vpc string, ids []string) error {
	// [DOC quotas: 5 security groups per load balancer]
	if len(ids) > r.quota(limitSecurityGroups) {
		return api.Errorf("InvalidConfigurationRequest", "A load balancer can only have '%d' security groups", r.quota(limitSecurityGroups))
	}
	for _, id := range ids {
		of, there := r.service.Network.SecurityGroup(r.scope, id)
		if !there {
			return api.Errorf("InvalidSecurityGroup", "The security group '%s' does not exist", id)
		}
		if of != vpc {
			return api.Errorf("InvalidSecurityGroup", "The security group '%s' does not belong to VPC '%s'", id, vpc)
		}
	}
	return nil
}
