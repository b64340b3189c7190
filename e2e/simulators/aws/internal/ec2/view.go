package ec2

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

// What other services see of EC2, without a request.

// view runs a function on a region under its lock. A region that cannot be
// opened is as good as empty; requests to it tell why.
func (s *Service) view(scope store.Scope, f func(*region)) {
	r, err := s.regions.Of(scope)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	f(r)
}

// VPC gives a VPC's address blocks and whether it has an internet gateway.
func (s *Service) VPC(scope store.Scope, id string) (blocks []netip.Prefix, gateway, there bool) {
	s.view(scope, func(r *region) {
		var v types.Vpc
		if v, there = r.vpcs.Get(id); there {
			blocks, gateway = blocksOf(v), r.gateway(id)
		}
	})
	return blocks, gateway, there
}

// Subnet gives a subnet with its free addresses counted, and its blocks.
func (s *Service) Subnet(scope store.Scope, id string) (subnet types.Subnet, blocks []netip.Prefix, there bool) {
	s.view(scope, func(r *region) {
		if subnet, there = r.subnets.Get(id); !there {
			return
		}
		subnet.AvailableIpAddressCount = aws.Int32(int32(r.free(subnet)))
		blocks = subnetBlocks(subnet)
	})
	return subnet, blocks, there
}

// SecurityGroup gives a security group.
func (s *Service) SecurityGroup(scope store.Scope, id string) (group types.SecurityGroup, there bool) {
	s.view(scope, func(r *region) { group, there = r.groups.Get(id) })
	return group, there
}

// DefaultSecurityGroup is the id of a VPC's default group, or empty.
func (s *Service) DefaultSecurityGroup(scope store.Scope, vpc string) (id string) {
	s.view(scope, func(r *region) {
		for group, g := range r.groups.All() {
			if aws.ToString(g.VpcId) == vpc && aws.ToString(g.GroupName) == defaultGroup {
				id = group
			}
		}
	})
	return id
}

// Instance gives an instance.
func (s *Service) Instance(scope store.Scope, id string) (instance types.Instance, there bool) {
	s.view(scope, func(r *region) { instance, there = r.instances.Get(id) })
	return instance, there
}

// Zones are the names of a region's availability zones.
func (s *Service) Zones(scope store.Scope) []string { return zoneNames(scope.Region) }

// ZoneOf is the zone of the VPC's subnet that an address lies in, or empty.
func (s *Service) ZoneOf(scope store.Scope, vpc string, address netip.Addr) (zone string) {
	s.view(scope, func(r *region) {
		for _, subnet := range r.subnets.All() {
			if aws.ToString(subnet.VpcId) == vpc && slices.ContainsFunc(subnetBlocks(subnet), func(p netip.Prefix) bool { return p.Contains(address) }) {
				zone = aws.ToString(subnet.AvailabilityZone)
				return
			}
		}
	})
	return zone
}

// CreateManagedInterface makes an interface that belongs to another service of
// AWS, which its description names.
func (s *Service) CreateManagedInterface(scope store.Scope, subnet, description string, groups []string) (err error) {
	s.view(scope, func(r *region) {
		in, there := r.subnets.Get(subnet)
		if !there {
			err = noSubnet(subnet)
			return
		}
		n, failure := r.newInterface(in, netip.Addr{}, groups, description)
		if failure != nil {
			err = failure
			return
		}
		n.View.Status, n.View.RequesterManaged, n.View.RequesterId = types.NetworkInterfaceStatusInUse, aws.Bool(true), aws.String("amazon-elb")
		n.View.Attachment = &types.NetworkInterfaceAttachment{
			AttachmentId: aws.String(newID("ela-attach")), DeviceIndex: aws.Int32(1), InstanceOwnerId: aws.String("amazon-elb"),
			Status: types.AttachmentStatusAttached, DeleteOnTermination: aws.Bool(false),
		}
		r.interfaces.Put(*n.View.NetworkInterfaceId, n)
	})
	return err
}

// SetManagedGroups changes the security groups of all interfaces with a description.
func (s *Service) SetManagedGroups(scope store.Scope, description string, groups []string) {
	s.view(scope, func(r *region) {
		for id, n := range r.interfaces.All() {
			if aws.ToString(n.View.Description) == description {
				n.View.Groups = r.identifiers(groups)
				r.interfaces.Put(id, n)
			}
		}
	})
}

// ReleaseManaged takes interfaces with a description away at a moment: those in
// one subnet, or all if it is empty.
func (s *Service) ReleaseManaged(scope store.Scope, description, subnet string, at time.Time) {
	s.view(scope, func(r *region) {
		for id, n := range r.interfaces.All() {
			if aws.ToString(n.View.Description) != description || subnet != "" && aws.ToString(n.View.SubnetId) != subnet || !n.Released.IsZero() {
				continue
			}
			if !at.After(r.clock.Now()) {
				r.interfaces.Delete(id)
				continue
			}
			n.Released = at
			r.interfaces.Put(id, n)
			r.release(id, at)
		}
	})
}

// arnOf is an object's ARN.
func (r *region) arnOf(kind types.ResourceType, id string) string {
	return fmt.Sprintf("arn:aws:ec2:%s:%s:%s/%s", r.Region, r.Account, kind, id)
}

// Tags gives the tags of all objects of a region that have some, by ARN.
func (s *Service) Tags(scope store.Scope) map[string]map[string]string {
	all := map[string]map[string]string{}
	s.view(scope, func(r *region) {
		for _, kind := range r.taggable() {
			kind.each(func(id string, tags []types.Tag) {
				if len(tags) == 0 {
					return
				}
				byKey := map[string]string{}
				for _, t := range tags {
					byKey[aws.ToString(t.Key)] = aws.ToString(t.Value)
				}
				all[r.arnOf(kind.kind, id)] = byKey
			})
		}
	})
	return all
}

// SetTags sets and removes tags of the object with an ARN.
func (s *Service) SetTags(scope store.Scope, arn string, set map[string]string, remove []string) (err error) {
	_, id, _ := strings.Cut(arn, "/")
	s.view(scope, func(r *region) {
		kind, tags, failure := r.tagsOf(id)
		if failure != nil {
			err = failure
			return
		}
		tags = slices.DeleteFunc(slices.Clone(tags), func(t types.Tag) bool { return slices.Contains(remove, aws.ToString(t.Key)) })
		tags = setTags(tags, tagsOf("", set))
		if err = checkTags(tags); err == nil {
			kind.set(id, tags)
		}
	})
	return err
}
