package ec2

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// nic is a network interface.
type nic struct {
	View types.NetworkInterface
	// Released is when AWS takes its own interface away; zero for one that stays.
	Released time.Time
}

var interfaceKind = kind[nic]{
	missing: noInterface,
	tags:    func(n nic) []types.Tag { return n.View.TagSet },
	fields: map[string]func(nic) []string{
		"network-interface-id": one(func(n nic) *string { return n.View.NetworkInterfaceId }),
		"subnet-id":            one(func(n nic) *string { return n.View.SubnetId }),
		"vpc-id":               one(func(n nic) *string { return n.View.VpcId }),
		"availability-zone":    one(func(n nic) *string { return n.View.AvailabilityZone }),
		"description":          one(func(n nic) *string { return n.View.Description }),
		"owner-id":             one(func(n nic) *string { return n.View.OwnerId }),
		"requester-id":         one(func(n nic) *string { return n.View.RequesterId }),
		"requester-managed":    truth(func(n nic) *bool { return n.View.RequesterManaged }),
		"private-ip-address":   one(func(n nic) *string { return n.View.PrivateIpAddress }),
		"private-dns-name":     one(func(n nic) *string { return n.View.PrivateDnsName }),
		"mac-address":          one(func(n nic) *string { return n.View.MacAddress }),
		"interface-type":       func(n nic) []string { return []string{string(n.View.InterfaceType)} },
		"status":               func(n nic) []string { return []string{string(n.View.Status)} },
		"addresses.private-ip-address": func(n nic) []string {
			var all []string
			for _, a := range n.View.PrivateIpAddresses {
				all = append(all, aws.ToString(a.PrivateIpAddress))
			}
			return all
		},
		"ipv6-addresses.ipv6-address": func(n nic) []string {
			var all []string
			for _, a := range n.View.Ipv6Addresses {
				all = append(all, aws.ToString(a.Ipv6Address))
			}
			return all
		},
		"group-id": func(n nic) []string {
			var all []string
			for _, g := range n.View.Groups {
				all = append(all, aws.ToString(g.GroupId))
			}
			return all
		},
		"group-name": func(n nic) []string {
			var all []string
			for _, g := range n.View.Groups {
				all = append(all, aws.ToString(g.GroupName))
			}
			return all
		},
		"attachment.instance-id":       one(func(n nic) *string { return attachment(n).InstanceId }),
		"attachment.instance-owner-id": one(func(n nic) *string { return attachment(n).InstanceOwnerId }),
		"attachment.attachment-id":     one(func(n nic) *string { return attachment(n).AttachmentId }),
		"attachment.device-index":      one(func(n nic) *string { return number(attachment(n).DeviceIndex) }),
		"attachment.status":            func(n nic) []string { return []string{string(attachment(n).Status)} },
	},
}

func attachment(n nic) types.NetworkInterfaceAttachment {
	if n.View.Attachment == nil {
		return types.NetworkInterfaceAttachment{}
	}
	return *n.View.Attachment
}

func (r *region) describeNetworkInterfaces(in *ec2.DescribeNetworkInterfacesInput) (*ec2.DescribeNetworkInterfacesOutput, error) {
	found, next, err := interfaceKind.find(r.interfaces.All(), query{in.NetworkInterfaceIds, in.Filters, in.MaxResults, in.NextToken})
	views := []types.NetworkInterface{}
	for _, n := range found {
		views = append(views, n.View)
	}
	return &ec2.DescribeNetworkInterfacesOutput{NetworkInterfaces: views, NextToken: next}, err
}

func (r *region) createNetworkInterface(in *ec2.CreateNetworkInterfaceInput) (*ec2.CreateNetworkInterfaceOutput, error) {
	tags, err := tagsFor(in.TagSpecifications, types.ResourceTypeNetworkInterface)
	if err != nil {
		return nil, err
	}
	subnet, there := r.subnets.Get(aws.ToString(in.SubnetId))
	if !there {
		return nil, noSubnet(aws.ToString(in.SubnetId))
	}
	for _, id := range in.Groups {
		if _, there := r.groups.Get(id); !there {
			return nil, noGroup(id)
		}
	}
	var address netip.Addr
	if in.PrivateIpAddress != nil {
		if address, err = netip.ParseAddr(*in.PrivateIpAddress); err != nil {
			return nil, api.Errorf("InvalidParameterValue", "invalid value for parameter address: %s", *in.PrivateIpAddress)
		}
		if r.taken(*subnet.SubnetId)[address] {
			return nil, api.Errorf("InvalidIPAddress.InUse", "The specified address is already in use.")
		}
	}
	n, failure := r.newInterface(subnet, address, in.Groups, aws.ToString(in.Description))
	if failure != nil {
		return nil, failure
	}
	n.View.TagSet = tags
	r.interfaces.Put(*n.View.NetworkInterfaceId, n)
	return &ec2.CreateNetworkInterfaceOutput{NetworkInterface: &n.View}, nil
}

// newInterface makes an interface with the given address or the next free one. The caller stores it.
func (r *region) newInterface(s types.Subnet, address netip.Addr, groups []string, description string) (nic, *api.Error) {
	if !address.IsValid() {
		var failure *api.Error
		if address, failure = r.freeAddress(s); failure != nil {
			return nic{}, failure
		}
	}
	id := newID("eni")
	name := "ip-" + strings.ReplaceAll(address.String(), ".", "-") + "." + r.Region + ".compute.internal"
	hash := sha256.Sum256([]byte(id))
	view := types.NetworkInterface{
		NetworkInterfaceId: aws.String(id), SubnetId: s.SubnetId, VpcId: s.VpcId, AvailabilityZone: s.AvailabilityZone,
		OwnerId: aws.String(r.Account), Description: aws.String(description), Status: types.NetworkInterfaceStatusAvailable,
		InterfaceType: types.NetworkInterfaceTypeInterface, RequesterManaged: aws.Bool(false), SourceDestCheck: aws.Bool(true),
		MacAddress: aws.String(fmt.Sprintf("02:%02x:%02x:%02x:%02x:%02x", hash[0], hash[1], hash[2], hash[3], hash[4])),
	}
	view.PrivateIpAddress, view.PrivateDnsName = aws.String(address.String()), aws.String(name)
	view.PrivateIpAddresses = []types.NetworkInterfacePrivateIpAddress{{
		Primary: aws.Bool(true), PrivateIpAddress: view.PrivateIpAddress, PrivateDnsName: view.PrivateDnsName,
	}}
	view.Groups = r.identifiers(groups)
	return nic{View: view}, nil
}

// identifiers are groups as interfaces list them.
func (r *region) identifiers(ids []string) []types.GroupIdentifier {
	all := []types.GroupIdentifier{}
	for _, id := range ids {
		g, _ := r.groups.Get(id)
		all = append(all, types.GroupIdentifier{GroupId: aws.String(id), GroupName: g.GroupName})
	}
	return all
}

func (r *region) deleteNetworkInterface(in *ec2.DeleteNetworkInterfaceInput) (*ec2.DeleteNetworkInterfaceOutput, error) {
	id := aws.ToString(in.NetworkInterfaceId)
	n, there := r.interfaces.Get(id)
	switch {
	case !there:
		return nil, noInterface(id)
	case n.View.Status == types.NetworkInterfaceStatusInUse:
		return nil, api.Errorf("InvalidNetworkInterface.InUse", "Interface: [%s] in use.", id)
	}
	r.interfaces.Delete(id)
	return &ec2.DeleteNetworkInterfaceOutput{}, nil
}

// release takes an interface away at its moment.
func (r *region) release(id string, at time.Time) {
	r.clock.AfterFunc(at.Sub(r.clock.Now()), func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.interfaces.Delete(id)
	})
}

// resumeReleases schedules what was under way when the simulator ended.
func (r *region) resumeReleases() {
	for id, n := range r.interfaces.All() {
		if !n.Released.IsZero() {
			r.release(id, n.Released)
		}
	}
}
