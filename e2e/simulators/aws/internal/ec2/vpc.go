package ec2

import (
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

var vpcKind = kind[types.Vpc]{
	missing: noVPC,
	tags:    func(v types.Vpc) []types.Tag { return v.Tags },
	fields: map[string]func(types.Vpc) []string{
		"vpc-id":                            one(func(v types.Vpc) *string { return v.VpcId }),
		"cidr":                              one(func(v types.Vpc) *string { return v.CidrBlock }),
		"cidr-block-association.cidr-block": one(func(v types.Vpc) *string { return v.CidrBlock }),
		"owner-id":                          one(func(v types.Vpc) *string { return v.OwnerId }),
		"is-default":                        truth(func(v types.Vpc) *bool { return v.IsDefault }),
		"state":                             func(v types.Vpc) []string { return []string{string(v.State)} },
		"dhcp-options-id":                   one(func(v types.Vpc) *string { return v.DhcpOptionsId }),
	},
}

func (r *region) describeVpcs(in *ec2.DescribeVpcsInput) (*ec2.DescribeVpcsOutput, error) {
	found, next, err := vpcKind.find(r.vpcs.All(), query{in.VpcIds, in.Filters, in.MaxResults, in.NextToken})
	return &ec2.DescribeVpcsOutput{Vpcs: found, NextToken: next}, err
}

func (r *region) createVpc(in *ec2.CreateVpcInput) (*ec2.CreateVpcOutput, error) {
	tags, err := tagsFor(in.TagSpecifications, types.ResourceTypeVpc)
	if err != nil {
		return nil, err
	}
	if in.CidrBlock == nil {
		return nil, api.Errorf("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
	}
	prefix, failure := blockOf(*in.CidrBlock, "InvalidVpc.Range")
	if failure != nil {
		return nil, failure
	}
	vpc := r.newVPC(newID("vpc"), []netip.Prefix{prefix}, tags)
	return &ec2.CreateVpcOutput{Vpc: &vpc}, nil
}

// blockOf reads an IPv4 block of a size that AWS takes. Source: VPC User Guide,
// "VPC CIDR blocks": /16 to /28.
func blockOf(text, code string) (netip.Prefix, *api.Error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil || !prefix.Addr().Is4() {
		return prefix, api.Errorf("InvalidParameterValue", "Value (%s) for parameter cidrBlock is invalid. This is not a valid CIDR block.", text)
	}
	if prefix.Bits() < 16 || prefix.Bits() > 28 {
		return prefix, api.Errorf(code, "The CIDR '%s' is invalid.", text)
	}
	return prefix.Masked(), nil
}

// newVPC makes a VPC with what each has: the default security group and the main route table.
func (r *region) newVPC(id string, blocks []netip.Prefix, tags []types.Tag) types.Vpc {
	vpc := types.Vpc{
		VpcId: aws.String(id), OwnerId: aws.String(r.Account), State: types.VpcStateAvailable, Tags: tags,
		InstanceTenancy: types.TenancyDefault, IsDefault: aws.Bool(false), DhcpOptionsId: aws.String("dopt-0" + r.Account + "0000"),
	}
	for _, block := range blocks {
		if block.Addr().Is6() {
			vpc.Ipv6CidrBlockAssociationSet = append(vpc.Ipv6CidrBlockAssociationSet, types.VpcIpv6CidrBlockAssociation{
				AssociationId: aws.String(newID("vpc-cidr-assoc")), Ipv6CidrBlock: aws.String(block.String()),
				Ipv6CidrBlockState: &types.VpcCidrBlockState{State: types.VpcCidrBlockStateCodeAssociated},
			})
			continue
		}
		if vpc.CidrBlock == nil {
			vpc.CidrBlock = aws.String(block.String())
		}
		vpc.CidrBlockAssociationSet = append(vpc.CidrBlockAssociationSet, types.VpcCidrBlockAssociation{
			AssociationId: aws.String(newID("vpc-cidr-assoc")), CidrBlock: aws.String(block.String()),
			CidrBlockState: &types.VpcCidrBlockState{State: types.VpcCidrBlockStateCodeAssociated},
		})
	}
	r.vpcs.Put(id, vpc)
	r.newGroup(newID("sg"), id, defaultGroup, "default VPC security group", nil)
	r.newRouteTable(newID("rtb"), vpc, true)
	return vpc
}

func (r *region) deleteVpc(in *ec2.DeleteVpcInput) (*ec2.DeleteVpcOutput, error) {
	id := aws.ToString(in.VpcId)
	if _, there := r.vpcs.Get(id); !there {
		return nil, noVPC(id)
	}
	if r.vpcInUse(id) {
		return nil, api.Errorf("DependencyViolation", "The vpc '%s' has dependencies and cannot be deleted.", id)
	}
	for group, g := range r.groups.All() {
		if aws.ToString(g.VpcId) == id {
			r.dropGroup(group)
		}
	}
	for table, t := range r.routes.All() {
		if aws.ToString(t.VpcId) == id {
			r.routes.Delete(table)
		}
	}
	r.vpcs.Delete(id)
	return &ec2.DeleteVpcOutput{}, nil
}

// vpcInUse tells whether a VPC has more than what it is made with.
func (r *region) vpcInUse(id string) bool {
	for _, s := range r.subnets.All() {
		if aws.ToString(s.VpcId) == id {
			return true
		}
	}
	for _, g := range r.groups.All() {
		if aws.ToString(g.VpcId) == id && aws.ToString(g.GroupName) != defaultGroup {
			return true
		}
	}
	return r.gateway(id)
}

// gateway tells whether an internet gateway is attached to a VPC.
func (r *region) gateway(vpc string) bool {
	for _, g := range r.gateways.All() {
		for _, a := range g.Attachments {
			if aws.ToString(a.VpcId) == vpc {
				return true
			}
		}
	}
	return false
}

// defaultVPC is the id of the region's default VPC, or "none".
func (r *region) defaultVPC() string {
	for id, v := range r.vpcs.All() {
		if aws.ToBool(v.IsDefault) {
			return id
		}
	}
	return "none"
}

func (r *region) describeVpcAttribute(in *ec2.DescribeVpcAttributeInput) (*ec2.DescribeVpcAttributeOutput, error) {
	if _, there := r.vpcs.Get(aws.ToString(in.VpcId)); !there {
		return nil, noVPC(aws.ToString(in.VpcId))
	}
	out := &ec2.DescribeVpcAttributeOutput{VpcId: in.VpcId}
	switch in.Attribute {
	case types.VpcAttributeNameEnableDnsHostnames:
		out.EnableDnsHostnames = &types.AttributeBooleanValue{Value: aws.Bool(true)}
	case types.VpcAttributeNameEnableDnsSupport:
		out.EnableDnsSupport = &types.AttributeBooleanValue{Value: aws.Bool(true)}
	case types.VpcAttributeNameEnableNetworkAddressUsageMetrics:
		out.EnableNetworkAddressUsageMetrics = &types.AttributeBooleanValue{Value: aws.Bool(false)}
	}
	return out, nil
}

func (r *region) describeVpcPeeringConnections(in *ec2.DescribeVpcPeeringConnectionsInput) (*ec2.DescribeVpcPeeringConnectionsOutput, error) {
	// There are none: what is asked for by id is not there.
	if len(in.VpcPeeringConnectionIds) > 0 {
		return nil, noPeering(in.VpcPeeringConnectionIds[0])
	}
	return &ec2.DescribeVpcPeeringConnectionsOutput{VpcPeeringConnections: []types.VpcPeeringConnection{}}, nil
}

func (r *region) describeAddresses(in *ec2.DescribeAddressesInput) (*ec2.DescribeAddressesOutput, error) {
	// There are no Elastic IP addresses.
	if len(in.AllocationIds) > 0 {
		return nil, noAddress(in.AllocationIds[0])
	}
	return &ec2.DescribeAddressesOutput{Addresses: []types.Address{}}, nil
}
