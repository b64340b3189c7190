package aws

import (
	"net/netip"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"

	"fairway.dev/fairway/e2e/simulators/aws/internal/acm"
	"fairway.dev/fairway/e2e/simulators/aws/internal/ec2"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

// network is EC2 as load balancers see it.
type network struct{ ec2 *ec2.Service }

func (n network) VPC(s store.Scope, id string) (elbv2.VPC, bool) {
	blocks, gateway, there := n.ec2.VPC(s, id)
	return elbv2.VPC{ID: id, CIDRs: blocks, InternetGateway: gateway}, there
}

func (n network) Subnet(s store.Scope, id string) (elbv2.Subnet, bool) {
	subnet, blocks, there := n.ec2.Subnet(s, id)
	return elbv2.Subnet{
		ID: id, VPC: awssdk.ToString(subnet.VpcId), Zone: awssdk.ToString(subnet.AvailabilityZone), CIDRs: blocks,
		Free: int(awssdk.ToInt32(subnet.AvailableIpAddressCount)),
	}, there
}

func (n network) SecurityGroup(s store.Scope, id string) (string, bool) {
	group, there := n.ec2.SecurityGroup(s, id)
	return awssdk.ToString(group.VpcId), there
}

func (n network) DefaultSecurityGroup(s store.Scope, vpc string) string {
	return n.ec2.DefaultSecurityGroup(s, vpc)
}

func (n network) Instance(s store.Scope, id string) (elbv2.Instance, bool) {
	i, there := n.ec2.Instance(s, id)
	if !there {
		return elbv2.Instance{}, false
	}
	instance := elbv2.Instance{ID: id, VPC: awssdk.ToString(i.VpcId)}
	if i.Placement != nil {
		instance.Zone = awssdk.ToString(i.Placement.AvailabilityZone)
	}
	if i.State != nil {
		instance.State = string(i.State.Name)
	}
	if address, err := netip.ParseAddr(awssdk.ToString(i.PrivateIpAddress)); err == nil {
		instance.Address = address
	}
	return instance, true
}

func (n network) Zones(s store.Scope) []string { return n.ec2.Zones(s) }

func (n network) ZoneOf(s store.Scope, vpc string, a netip.Addr) string {
	return n.ec2.ZoneOf(s, vpc, a)
}

func (n network) CreateInterface(s store.Scope, i elbv2.Interface) error {
	return n.ec2.CreateManagedInterface(s, i.Subnet, i.Owner, i.Groups)
}

func (n network) SetInterfaceGroups(s store.Scope, owner string, groups []string) {
	n.ec2.SetManagedGroups(s, owner, groups)
}

func (n network) ReleaseInterfaces(s store.Scope, owner, subnet string, at time.Time) {
	n.ec2.ReleaseManaged(s, owner, subnet, at)
}

// certificates is ACM as load balancers see it.
type certificates struct{ acm *acm.Service }

func (c certificates) Certificate(s store.Scope, arn string) (elbv2.Certificate, bool) {
	chain, key, there := c.acm.Certificate(s, arn)
	return elbv2.Certificate{Chain: chain, Key: key}, there
}
