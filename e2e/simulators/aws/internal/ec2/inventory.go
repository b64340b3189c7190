package ec2

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

// Inventory is what a region has from the start.
type Inventory struct {
	VPCs []VPC `json:"vpcs"`
}

// VPC is a network of the inventory.
type VPC struct {
	// ID is "vpc-..." and 17 hexadecimal digits, or any word after the dash.
	ID   string            `json:"id"`
	Name string            `json:"name,omitempty"`
	Tags map[string]string `json:"tags,omitempty"`
	// CIDRs are the blocks, of which the first IPv4 one is the main one.
	CIDRs   []string `json:"cidrs"`
	Default bool     `json:"default,omitempty"`
	// Isolated VPCs have no internet gateway.
	Isolated       bool            `json:"isolated,omitempty"`
	Subnets        []Subnet        `json:"subnets,omitempty"`
	SecurityGroups []SecurityGroup `json:"securityGroups,omitempty"`
	Instances      []Instance      `json:"instances,omitempty"`
}

// Subnet is a subnet of the inventory.
type Subnet struct {
	ID   string            `json:"id"`
	Name string            `json:"name,omitempty"`
	Tags map[string]string `json:"tags,omitempty"`
	// Zone is a zone's name ("eu-west-1a") or its letter.
	Zone  string   `json:"zone"`
	CIDRs []string `json:"cidrs"`
	// Public subnets have a route to the internet gateway.
	Public bool `json:"public,omitempty"`
}

// SecurityGroup is a security group of the inventory; it has no rules for
// traffic that comes in.
type SecurityGroup struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// Instance is a virtual machine of the inventory, such as a cluster's node.
type Instance struct {
	ID   string            `json:"id"`
	Name string            `json:"name,omitempty"`
	Tags map[string]string `json:"tags,omitempty"`
	// Subnet is where its only interface is.
	Subnet string `json:"subnet"`
	// Address is its private one; empty takes the subnet's next. Traffic goes there, so to carry any it
	// must be one that this machine answers at.
	Address        string   `json:"address,omitempty"`
	SecurityGroups []string `json:"securityGroups,omitempty"`
	// Type is such as "m7i.large"; State is "running" if empty.
	Type  string `json:"type,omitempty"`
	State string `json:"state,omitempty"`
}

// Seed puts an inventory into a region. What is there already, from an earlier
// run, stays as it is.
func (s *Service) Seed(scope store.Scope, inventory Inventory) error {
	r, err := s.regions.Of(scope)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range inventory.VPCs {
		if err := r.seedVPC(v); err != nil {
			return fmt.Errorf("VPC %q of %s: %w", v.ID, scope, err)
		}
	}
	return nil
}

func (r *region) seedVPC(v VPC) error {
	if !strings.HasPrefix(v.ID, "vpc-") {
		return fmt.Errorf("the id must begin with vpc-")
	}
	blocks, err := parse(v.CIDRs)
	if err != nil {
		return err
	}
	if _, there := r.vpcs.Get(v.ID); !there {
		vpc := r.newVPC(v.ID, blocks, tagsOf(v.Name, v.Tags))
		vpc.IsDefault = aws.Bool(v.Default)
		r.vpcs.Put(v.ID, vpc)
	}
	gateway := ""
	if !v.Isolated {
		gateway = r.seedGateway(v.ID)
	}
	for _, s := range v.Subnets {
		if err := r.seedSubnet(v.ID, gateway, s); err != nil {
			return fmt.Errorf("subnet %q: %w", s.ID, err)
		}
	}
	for _, g := range v.SecurityGroups {
		if !strings.HasPrefix(g.ID, "sg-") || g.Name == "" {
			return fmt.Errorf("security group %q: needs a name, and an id that begins with sg-", g.ID)
		}
		if _, there := r.groups.Get(g.ID); !there {
			r.newGroup(g.ID, v.ID, g.Name, g.Description, tagsOf("", g.Tags))
		}
	}
	for _, i := range v.Instances {
		if err := r.seedInstance(v.ID, i); err != nil {
			return fmt.Errorf("instance %q: %w", i.ID, err)
		}
	}
	return nil
}

// seedGateway gives the id of a VPC's internet gateway, which is made of the VPC's.
func (r *region) seedGateway(vpc string) string {
	id := "igw-" + strings.TrimPrefix(vpc, "vpc-")
	if _, there := r.gateways.Get(id); !there {
		r.gateways.Put(id, types.InternetGateway{
			InternetGatewayId: aws.String(id), OwnerId: aws.String(r.Account),
			Attachments: []types.InternetGatewayAttachment{{VpcId: aws.String(vpc), State: "available"}},
		})
	}
	return id
}

func (r *region) seedSubnet(vpc, gateway string, s Subnet) error {
	if !strings.HasPrefix(s.ID, "subnet-") {
		return fmt.Errorf("the id must begin with subnet-")
	}
	zone := s.Zone
	if len(zone) == 1 {
		zone = r.Region + zone
	}
	if !strings.HasPrefix(zone, r.Region) || len(zone) != len(r.Region)+1 {
		return fmt.Errorf("zone %q is not of region %s", s.Zone, r.Region)
	}
	blocks, err := parse(s.CIDRs)
	if err != nil {
		return err
	}
	if _, there := r.subnets.Get(s.ID); there {
		return nil
	}
	subnet := r.newSubnet(s.ID, vpc, zone, blocks, tagsOf(s.Name, s.Tags))
	if !s.Public || gateway == "" {
		return nil
	}
	subnet.MapPublicIpOnLaunch = aws.Bool(true)
	r.subnets.Put(s.ID, subnet)
	r.routePublic(vpc, gateway, s.ID)
	return nil
}

// routePublic ties a subnet to its VPC's public route table, which it makes if needed.
func (r *region) routePublic(vpc, gateway, subnet string) {
	id := "rtb-" + strings.TrimPrefix(vpc, "vpc-")
	t, there := r.routes.Get(id)
	if !there {
		network, _ := r.vpcs.Get(vpc)
		t = r.newRouteTable(id, network, false)
		t.Routes = append(t.Routes, types.Route{
			DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: aws.String(gateway), State: types.RouteStateActive, Origin: types.RouteOriginCreateRoute,
		})
	}
	t.Associations = append(append([]types.RouteTableAssociation(nil), t.Associations...), association(id, aws.String(subnet)))
	r.routes.Put(id, t)
}

// states are the codes of instance states. Source: EC2 API reference, InstanceState.
var states = map[string]int32{"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}

func (r *region) seedInstance(vpc string, i Instance) error {
	if !strings.HasPrefix(i.ID, "i-") {
		return fmt.Errorf("the id must begin with i-")
	}
	if _, there := r.instances.Get(i.ID); there {
		return nil
	}
	if i.State == "" {
		i.State = "running"
	}
	code, known := states[i.State]
	subnet, there := r.subnets.Get(i.Subnet)
	if !known || !there {
		return fmt.Errorf("unknown state %q or subnet %q", i.State, i.Subnet)
	}
	var address netip.Addr
	if i.Address != "" {
		var err error
		if address, err = netip.ParseAddr(i.Address); err != nil {
			return err
		}
	}
	n, failure := r.newInterface(subnet, address, i.SecurityGroups, "")
	if failure != nil {
		return failure
	}
	n.View.Status = types.NetworkInterfaceStatusInUse
	n.View.Attachment = &types.NetworkInterfaceAttachment{
		AttachmentId: aws.String(newID("eni-attach")), DeviceIndex: aws.Int32(0), InstanceId: aws.String(i.ID),
		InstanceOwnerId: aws.String(r.Account), Status: types.AttachmentStatusAttached, DeleteOnTermination: aws.Bool(true),
	}
	r.interfaces.Put(*n.View.NetworkInterfaceId, n)
	if i.Type == "" {
		i.Type = "m7i.large"
	}
	r.instances.Put(i.ID, types.Instance{
		InstanceId: aws.String(i.ID), VpcId: aws.String(vpc), SubnetId: subnet.SubnetId, InstanceType: types.InstanceType(i.Type),
		PrivateIpAddress: n.View.PrivateIpAddress, PrivateDnsName: n.View.PrivateDnsName, Tags: tagsOf(i.Name, i.Tags),
		State: &types.InstanceState{Name: types.InstanceStateName(i.State), Code: aws.Int32(code)}, SecurityGroups: n.View.Groups,
		Placement: &types.Placement{AvailabilityZone: subnet.AvailabilityZone, Tenancy: types.TenancyDefault},
		NetworkInterfaces: []types.InstanceNetworkInterface{{
			NetworkInterfaceId: n.View.NetworkInterfaceId, SubnetId: subnet.SubnetId, VpcId: aws.String(vpc), OwnerId: aws.String(r.Account),
			PrivateIpAddress: n.View.PrivateIpAddress, PrivateDnsName: n.View.PrivateDnsName, Groups: n.View.Groups, Status: n.View.Status,
			PrivateIpAddresses: []types.InstancePrivateIpAddress{{PrivateIpAddress: n.View.PrivateIpAddress, Primary: aws.Bool(true)}},
		}},
	})
	return nil
}

func parse(texts []string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		all = append(all, p.Masked())
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("has no address block")
	}
	return all, nil
}

func tagsOf(name string, tags map[string]string) []types.Tag {
	var all []types.Tag
	if name != "" {
		all = append(all, types.Tag{Key: aws.String("Name"), Value: aws.String(name)})
	}
	for key, value := range sorted(tags) {
		all = append(all, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	return all
}
