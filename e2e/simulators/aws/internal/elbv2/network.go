package elbv2

import (
	"net/netip"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

// Network is what load balancers need of EC2. The second result tells whether
// the object exists in that account and region.
type Network interface {
	VPC(s store.Scope, id string) (VPC, bool)
	Subnet(s store.Scope, id string) (Subnet, bool)
	// SecurityGroup gives the VPC of a security group.
	SecurityGroup(s store.Scope, id string) (vpc string, ok bool)
	// DefaultSecurityGroup is the one named "default" of a VPC.
	DefaultSecurityGroup(s store.Scope, vpc string) string
	Instance(s store.Scope, id string) (Instance, bool)
	// Zones are the names of a region's availability zones.
	Zones(s store.Scope) []string
	// ZoneOf is the availability zone of the subnet of a VPC that an address lies in, or empty.
	ZoneOf(s store.Scope, vpc string, a netip.Addr) string
	// CreateInterface makes a network interface of AWS's own in a subnet, with a private address of it.
	CreateInterface(s store.Scope, i Interface) error
	// SetInterfaceGroups changes the security groups of all interfaces of an owner.
	SetInterfaceGroups(s store.Scope, owner string, groups []string)
	// ReleaseInterfaces takes an owner's interfaces away at a moment, those of one subnet or, with an empty
	// subnet, all of them. Until then they count as in use.
	ReleaseInterfaces(s store.Scope, owner, subnet string, at time.Time)
}

// VPC is a network.
type VPC struct {
	ID    string
	CIDRs []netip.Prefix
	// InternetGateway says whether one is attached.
	InternetGateway bool
}

// Contains tells whether an address is one of the VPC's.
func (v VPC) Contains(a netip.Addr) bool {
	for _, p := range v.CIDRs {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// Subnet is a part of a VPC in one availability zone.
type Subnet struct {
	ID, VPC string
	// Zone is the name of the availability zone.
	Zone  string
	CIDRs []netip.Prefix
	// Free is how many IPv4 addresses are left.
	Free int
}

// dualstack tells whether the subnet has IPv6 addresses.
func (s Subnet) dualstack() bool {
	for _, p := range s.CIDRs {
		if p.Addr().Is6() {
			return true
		}
	}
	return false
}

// Instance is a virtual machine.
type Instance struct {
	ID, VPC, Zone string
	// State is running, stopped, terminated ...
	State   string
	Address netip.Addr
}

// Interface is a network interface that a load balancer has in a subnet.
type Interface struct {
	// Owner is the description, such as "ELB app/name/0123456789abcdef".
	Owner  string
	Subnet string
	Groups []string
}

// Certificates is what load balancers need of ACM.
type Certificates interface {
	// Certificate gives a certificate that is issued, or false.
	Certificate(s store.Scope, arn string) (Certificate, bool)
}

// Certificate is a certificate with its key, as PEM.
type Certificate struct{ Chain, Key []byte }
