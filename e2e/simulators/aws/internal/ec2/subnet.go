package ec2

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

var subnetKind = kind[types.Subnet]{
	missing: noSubnet,
	tags:    func(s types.Subnet) []types.Tag { return s.Tags },
	fields: map[string]func(types.Subnet) []string{
		"subnet-id":               one(func(s types.Subnet) *string { return s.SubnetId }),
		"vpc-id":                  one(func(s types.Subnet) *string { return s.VpcId }),
		"cidr":                    one(func(s types.Subnet) *string { return s.CidrBlock }),
		"cidr-block":              one(func(s types.Subnet) *string { return s.CidrBlock }),
		"availability-zone":       one(func(s types.Subnet) *string { return s.AvailabilityZone }),
		"availability-zone-id":    one(func(s types.Subnet) *string { return s.AvailabilityZoneId }),
		"owner-id":                one(func(s types.Subnet) *string { return s.OwnerId }),
		"subnet-arn":              one(func(s types.Subnet) *string { return s.SubnetArn }),
		"outpost-arn":             one(func(s types.Subnet) *string { return s.OutpostArn }),
		"default-for-az":          truth(func(s types.Subnet) *bool { return s.DefaultForAz }),
		"ipv6-native":             truth(func(s types.Subnet) *bool { return s.Ipv6Native }),
		"map-public-ip-on-launch": truth(func(s types.Subnet) *bool { return s.MapPublicIpOnLaunch }),
		"state":                   func(s types.Subnet) []string { return []string{string(s.State)} },
		"available-ip-address-count": func(s types.Subnet) []string {
			return []string{strconv.Itoa(int(aws.ToInt32(s.AvailableIpAddressCount)))}
		},
	},
}

func (r *region) describeSubnets(in *ec2.DescribeSubnetsInput) (*ec2.DescribeSubnetsOutput, error) {
	rows := func(yield func(string, types.Subnet) bool) {
		for id, s := range r.subnets.All() {
			s.AvailableIpAddressCount = aws.Int32(int32(r.free(s)))
			if !yield(id, s) {
				return
			}
		}
	}
	found, next, err := subnetKind.find(rows, query{in.SubnetIds, in.Filters, in.MaxResults, in.NextToken})
	return &ec2.DescribeSubnetsOutput{Subnets: found, NextToken: next}, err
}

func (r *region) createSubnet(in *ec2.CreateSubnetInput) (*ec2.CreateSubnetOutput, error) {
	tags, err := tagsFor(in.TagSpecifications, types.ResourceTypeSubnet)
	if err != nil {
		return nil, err
	}
	vpc, there := r.vpcs.Get(aws.ToString(in.VpcId))
	if !there {
		return nil, noVPC(aws.ToString(in.VpcId))
	}
	block, failure := blockOf(aws.ToString(in.CidrBlock), "InvalidSubnet.Range")
	if failure != nil {
		return nil, failure
	}
	if !slices.ContainsFunc(blocksOf(vpc), func(p netip.Prefix) bool { return p.Bits() <= block.Bits() && p.Contains(block.Addr()) }) {
		return nil, api.Errorf("InvalidSubnet.Range", "The CIDR '%s' is invalid.", block)
	}
	for _, other := range r.subnets.All() {
		if p, err := netip.ParsePrefix(aws.ToString(other.CidrBlock)); err == nil && aws.ToString(other.VpcId) == *vpc.VpcId && p.Overlaps(block) {
			return nil, api.Errorf("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", block)
		}
	}
	zone, failure := r.zoneOf(in)
	if failure != nil {
		return nil, failure
	}
	subnet := r.newSubnet(newID("subnet"), *vpc.VpcId, zone, []netip.Prefix{block}, tags)
	return &ec2.CreateSubnetOutput{Subnet: &subnet}, nil
}

// zoneOf is the zone that a request asks for by name or id, or the first.
func (r *region) zoneOf(in *ec2.CreateSubnetInput) (string, *api.Error) {
	zones := zoneNames(r.Region)
	if in.AvailabilityZone == nil && in.AvailabilityZoneId == nil {
		return zones[0], nil
	}
	for _, zone := range zones {
		if zone == aws.ToString(in.AvailabilityZone) || zoneID(zone) == aws.ToString(in.AvailabilityZoneId) {
			return zone, nil
		}
	}
	return "", api.Errorf("InvalidParameterValue", "Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created "+
		"in the following availability zones: %s.", aws.ToString(in.AvailabilityZone), strings.Join(zones, ", "))
}

func (r *region) newSubnet(id, vpc, zone string, blocks []netip.Prefix, tags []types.Tag) types.Subnet {
	s := types.Subnet{
		SubnetId: aws.String(id), VpcId: aws.String(vpc), OwnerId: aws.String(r.Account), State: types.SubnetStateAvailable,
		AvailabilityZone: aws.String(zone), AvailabilityZoneId: aws.String(zoneID(zone)), Tags: tags,
		SubnetArn:    aws.String(fmt.Sprintf("arn:aws:ec2:%s:%s:subnet/%s", r.Region, r.Account, id)),
		DefaultForAz: aws.Bool(false), MapPublicIpOnLaunch: aws.Bool(false), AssignIpv6AddressOnCreation: aws.Bool(false),
		EnableDns64: aws.Bool(false), Ipv6Native: aws.Bool(false),
	}
	for _, block := range blocks {
		if block.Addr().Is4() {
			s.CidrBlock = aws.String(block.String())
			continue
		}
		s.Ipv6CidrBlockAssociationSet = append(s.Ipv6CidrBlockAssociationSet, types.SubnetIpv6CidrBlockAssociation{
			AssociationId: aws.String(newID("subnet-cidr-assoc")), Ipv6CidrBlock: aws.String(block.String()),
			Ipv6CidrBlockState: &types.SubnetCidrBlockState{State: types.SubnetCidrBlockStateCodeAssociated},
		})
	}
	s.AvailableIpAddressCount = aws.Int32(int32(r.free(s)))
	r.subnets.Put(id, s)
	return s
}

func (r *region) deleteSubnet(in *ec2.DeleteSubnetInput) (*ec2.DeleteSubnetOutput, error) {
	id := aws.ToString(in.SubnetId)
	if _, there := r.subnets.Get(id); !there {
		return nil, noSubnet(id)
	}
	for _, n := range r.interfaces.All() {
		if aws.ToString(n.View.SubnetId) == id {
			return nil, api.Errorf("DependencyViolation", "The subnet '%s' has dependencies and cannot be deleted.", id)
		}
	}
	r.subnets.Delete(id)
	return &ec2.DeleteSubnetOutput{}, nil
}

// reserved is how many of a subnet's IPv4 addresses AWS keeps: the first four
// and the last. Source: VPC User Guide, "Subnet CIDR blocks".
const reserved = 5

// free is how many IPv4 addresses of a subnet are left.
func (r *region) free(s types.Subnet) int {
	block, err := netip.ParsePrefix(aws.ToString(s.CidrBlock))
	if err != nil {
		return 0
	}
	return 1<<(32-block.Bits()) - reserved - len(r.taken(aws.ToString(s.SubnetId)))
}

// taken are the addresses of a subnet that are in use.
func (r *region) taken(subnet string) map[netip.Addr]bool {
	all := map[netip.Addr]bool{}
	for _, n := range r.interfaces.All() {
		if aws.ToString(n.View.SubnetId) != subnet {
			continue
		}
		for _, a := range n.View.PrivateIpAddresses {
			if address, err := netip.ParseAddr(aws.ToString(a.PrivateIpAddress)); err == nil {
				all[address] = true
			}
		}
	}
	return all
}

// freeAddress is the first address of a subnet that nobody has.
func (r *region) freeAddress(s types.Subnet) (netip.Addr, *api.Error) {
	full := api.Errorf("InsufficientFreeAddressesInSubnet", "The specified subnet does not have enough free addresses to satisfy the request.")
	block, err := netip.ParsePrefix(aws.ToString(s.CidrBlock))
	if err != nil || r.free(s) <= 0 {
		return netip.Addr{}, full
	}
	taken := r.taken(aws.ToString(s.SubnetId))
	address := block.Masked().Addr()
	for range 4 {
		address = address.Next()
	}
	for ; block.Contains(address.Next()); address = address.Next() {
		if !taken[address] {
			return address, nil
		}
	}
	return netip.Addr{}, full
}

// blocksOf are a VPC's address blocks of both families.
func blocksOf(v types.Vpc) []netip.Prefix {
	var all []netip.Prefix
	for _, a := range v.CidrBlockAssociationSet {
		all = appendPrefix(all, a.CidrBlock)
	}
	for _, a := range v.Ipv6CidrBlockAssociationSet {
		all = appendPrefix(all, a.Ipv6CidrBlock)
	}
	return all
}

// subnetBlocks are a subnet's address blocks of both families.
func subnetBlocks(s types.Subnet) []netip.Prefix {
	all := appendPrefix(nil, s.CidrBlock)
	for _, a := range s.Ipv6CidrBlockAssociationSet {
		all = appendPrefix(all, a.Ipv6CidrBlock)
	}
	return all
}

func appendPrefix(all []netip.Prefix, text *string) []netip.Prefix {
	if p, err := netip.ParsePrefix(aws.ToString(text)); err == nil {
		return append(all, p)
	}
	return all
}
