package aws

import (
	"io/fs"
	"log/slog"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
	"fairway.dev/fairway/e2e/simulators/aws/internal/ec2"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2"
	"fairway.dev/fairway/e2e/simulators/aws/internal/identity"
)

// Options say what is simulated. The zero value is one account with a VPC in
// two regions, AWS's limits, delays and throttles, addresses of its own on
// loopback, and nothing on disk.
type Options struct {
	// Listen is the address of the API; empty is a free port of 127.0.0.1.
	Listen string `json:"listen,omitempty"`
	// DNS is the address of the DNS server that answers the load balancers' names; empty is a free port of
	// 127.0.0.1, "off" is none.
	DNS string `json:"dns,omitempty"`
	// Addresses is the range of which each load balancer gets addresses to listen on: one that this machine
	// answers at. Empty is a free /16 of 127.0.0.0/8; "off" carries no traffic, and targets count as healthy.
	Addresses string `json:"addresses,omitempty"`
	// State is the file that keeps the state over restarts; empty keeps it in memory.
	State string `json:"state,omitempty"`
	// Accounts are who may call, and what they have; none is DefaultAccounts.
	Accounts []Account `json:"accounts,omitempty"`
	// Account and Region are meant where none is named, as in Simulator.SDK; empty are the first of Accounts, and
	// DefaultRegion.
	Account string `json:"account,omitempty"`
	Region  string `json:"region,omitempty"`
	// Clock is how time runs.
	Clock Clock `json:"clock,omitempty"`
	// Delays are what AWS takes its time for; nil is RealisticDelays.
	Delays *Delays `json:"delays,omitempty"`
	// Throttle multiplies the sizes and rates of the token buckets; nil is 1, AWS's own; 0 throttles nothing.
	Throttle *float64 `json:"throttle,omitempty"`
	// AnySignature takes requests with a wrong signature, for clients behind a proxy that changes them.
	AnySignature bool `json:"anySignature,omitempty"`
	// TargetRanges are where IP targets may be beside the private ranges that AWS takes; nil is 127.0.0.0/8.
	TargetRanges []string `json:"targetRanges,omitempty"`
	// Objects is a folder that stands for S3: trust stores read bucket/key below it.
	Objects string `json:"objects,omitempty"`
	// ObjectFS does so for tests, in place of Objects.
	ObjectFS fs.FS `json:"-"`
	// Log gets what the simulator has to say; nil discards it.
	Log *slog.Logger `json:"-"`
}

// Clock is how the simulator's time runs.
type Clock struct {
	// Rate is how many seconds pass in a real one; 0 means 1.
	Rate float64 `json:"rate,omitempty"`
	// Stopped keeps time where it is but for Advance.
	Stopped bool `json:"stopped,omitempty"`
}

// Account is an account and its only user's access key.
type Account struct {
	// ID has 12 digits.
	ID string `json:"id"`
	// AccessKey and SecretKey are made of the id if they are empty.
	AccessKey string `json:"accessKey,omitempty"`
	SecretKey string `json:"secretKey,omitempty"`
	// Roles that are not listed can be assumed, too; listed ones may want an external id.
	Roles []Role `json:"roles,omitempty"`
	// Regions are what is there from the start, by the region's name. Other regions are empty.
	Regions map[string]Region `json:"regions,omitempty"`
}

// Region is what an account has in a region from the start.
type Region struct {
	Inventory
	// Quotas are limits that differ from AWS's, by their names in DescribeAccountLimits.
	Quotas map[string]int `json:"quotas,omitempty"`
}

// The parts of an inventory.
type (
	// Inventory is what EC2 has in a region.
	Inventory = ec2.Inventory
	// VPC is a network with its subnets, security groups and instances.
	VPC = ec2.VPC
	// Subnet is a subnet of a VPC.
	Subnet = ec2.Subnet
	// SecurityGroup is a security group of a VPC.
	SecurityGroup = ec2.SecurityGroup
	// Instance is a virtual machine, such as a cluster's node.
	Instance = ec2.Instance
	// Role is a role that may be assumed.
	Role = identity.Role
	// Duration is a time.Duration that is text, such as "1m30s", in JSON and YAML.
	Duration = clock.Duration
)

// Delays are what AWS takes its time for, in the simulator's time. The zero
// value does everything at once.
type Delays struct {
	// Provisioning is how long a load balancer takes to become active.
	Provisioning Duration `json:"provisioning,omitempty"`
	// Registration is how long a target waits for its first check.
	Registration Duration `json:"registration,omitempty"`
	// ReadLag is how long a new listener or rule is not found by its ARN.
	ReadLag Duration `json:"readLag,omitempty"`
	// ReleaseLag is how long a target group counts as in use after its last rule is gone.
	ReleaseLag Duration `json:"releaseLag,omitempty"`
	// DeletionLag is how long a deleted load balancer is still described.
	DeletionLag Duration `json:"deletionLag,omitempty"`
	// InterfaceLinger is how long a load balancer's network interfaces outlive it.
	InterfaceLinger Duration `json:"interfaceLinger,omitempty"`
	// TrustStore is how long a trust store takes to become active.
	TrustStore Duration `json:"trustStore,omitempty"`
	// Capacity is how long a capacity reservation is pending.
	Capacity Duration `json:"capacity,omitempty"`
	// CertificateIssue is how long a requested certificate waits for validation.
	CertificateIssue Duration `json:"certificateIssue,omitempty"`
}

// certificateIssue is how long DNS validation takes as users see it: minutes.
const certificateIssue = 3 * time.Minute

// RealisticDelays are delays as users of AWS see them.
func RealisticDelays() *Delays {
	d := elbv2.Realistic()
	return &Delays{
		Provisioning: Duration(d.Provisioning), Registration: Duration(d.Registration), ReadLag: Duration(d.ReadLag),
		ReleaseLag: Duration(d.ReleaseLag), DeletionLag: Duration(d.DeletionLag), InterfaceLinger: Duration(d.InterfaceLinger),
		TrustStore: Duration(d.TrustStore), Capacity: Duration(d.Capacity), CertificateIssue: Duration(certificateIssue),
	}
}

// elbv2 are the delays of load balancers.
func (d *Delays) elbv2() elbv2.Delays {
	return elbv2.Delays{
		Provisioning: time.Duration(d.Provisioning), Registration: time.Duration(d.Registration), ReadLag: time.Duration(d.ReadLag),
		ReleaseLag: time.Duration(d.ReleaseLag), DeletionLag: time.Duration(d.DeletionLag), InterfaceLinger: time.Duration(d.InterfaceLinger),
		TrustStore: time.Duration(d.TrustStore), Capacity: time.Duration(d.Capacity),
	}
}

// off is how options switch a part off.
const off = "off"

// defaulted fills in what was left out.
func (o Options) defaulted() Options {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.DNS == "" {
		o.DNS = "127.0.0.1:0"
	}
	if len(o.Accounts) == 0 {
		o.Accounts = DefaultAccounts()
	}
	if o.Account == "" {
		o.Account = o.Accounts[0].ID
	}
	if o.Region == "" {
		o.Region = DefaultRegion
	}
	if o.Clock.Rate == 0 {
		o.Clock.Rate = 1
	}
	if o.Clock.Stopped {
		o.Clock.Rate = 0
	}
	if o.Delays == nil {
		o.Delays = RealisticDelays()
	}
	if o.Throttle == nil {
		one := 1.0
		o.Throttle = &one
	}
	if o.TargetRanges == nil {
		o.TargetRanges = []string{"127.0.0.0/8"}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}
