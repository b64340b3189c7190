// Package ec2 simulates what load balancers and their controllers need of EC2:
// VPCs, subnets, availability zones, security groups and their rules, network
// interfaces, instances, route tables and gateways. Most of it comes from an
// inventory; nothing here carries traffic.
package ec2

import (
	"net/http"
	"reflect"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

// Options are what the service stands on.
type Options struct {
	Clock *clock.Clock
	DB    *store.DB
}

// Service is EC2 for all accounts and regions. Use New.
type Service struct {
	Options
	regions *store.Scopes[*region]
}

// New opens the service with what the DB holds.
func New(o Options) (*Service, error) {
	s := &Service{Options: o}
	var err error
	s.regions, err = store.NewScopes(o.DB, func(scope store.Scope) (*region, error) { return openRegion(s, scope) })
	return s, err
}

// region is one account's part of a region. Records are AWS's own shapes. What
// follows from other records (a group's permissions, a subnet's free addresses)
// is not stored but computed.
type region struct {
	store.Scope
	clock *clock.Clock

	mu         sync.Mutex
	vpcs       *store.Table[string, types.Vpc]
	subnets    *store.Table[string, types.Subnet]
	groups     *store.Table[string, types.SecurityGroup]
	rules      *store.Table[string, types.SecurityGroupRule]
	interfaces *store.Table[string, nic]
	instances  *store.Table[string, types.Instance]
	routes     *store.Table[string, types.RouteTable]
	gateways   *store.Table[string, types.InternetGateway]
}

func openRegion(s *Service, scope store.Scope) (*region, error) {
	r := &region{Scope: scope, clock: s.Clock}
	var failed error
	r.vpcs = table[types.Vpc](s.DB, scope, "vpc", &failed)
	r.subnets = table[types.Subnet](s.DB, scope, "subnet", &failed)
	r.groups = table[types.SecurityGroup](s.DB, scope, "security-group", &failed)
	r.rules = table[types.SecurityGroupRule](s.DB, scope, "security-group-rule", &failed)
	r.interfaces = table[nic](s.DB, scope, "network-interface", &failed)
	r.instances = table[types.Instance](s.DB, scope, "instance", &failed)
	r.routes = table[types.RouteTable](s.DB, scope, "route-table", &failed)
	r.gateways = table[types.InternetGateway](s.DB, scope, "internet-gateway", &failed)
	if failed != nil {
		return nil, failed
	}
	r.resumeReleases()
	return r, nil
}

func table[V any](db *store.DB, scope store.Scope, name string, failed *error) *store.Table[string, V] {
	t, err := store.NewTable[string, V](db, scope, "ec2-"+name)
	if err != nil && *failed == nil {
		*failed = err
	}
	return t
}

// Operations are the operations that the simulator has, by name.
func (s *Service) Operations() map[string]api.Operation {
	return map[string]api.Operation{
		"AuthorizeSecurityGroupEgress":  op(s, (*region).authorizeEgress),
		"AuthorizeSecurityGroupIngress": op(s, (*region).authorizeIngress),
		"CreateNetworkInterface":        op(s, (*region).createNetworkInterface),
		"CreateSecurityGroup":           op(s, (*region).createSecurityGroup),
		"CreateSubnet":                  op(s, (*region).createSubnet),
		"CreateTags":                    op(s, (*region).createTags),
		"CreateVpc":                     op(s, (*region).createVpc),
		"DeleteNetworkInterface":        op(s, (*region).deleteNetworkInterface),
		"DeleteSecurityGroup":           op(s, (*region).deleteSecurityGroup),
		"DeleteSubnet":                  op(s, (*region).deleteSubnet),
		"DeleteTags":                    op(s, (*region).deleteTags),
		"DeleteVpc":                     op(s, (*region).deleteVpc),
		"DescribeAccountAttributes":     op(s, (*region).describeAccountAttributes),
		"DescribeAddresses":             op(s, (*region).describeAddresses),
		"DescribeAvailabilityZones":     op(s, (*region).describeAvailabilityZones),
		"DescribeInstances":             op(s, (*region).describeInstances),
		"DescribeInternetGateways":      op(s, (*region).describeInternetGateways),
		"DescribeNetworkInterfaces":     op(s, (*region).describeNetworkInterfaces),
		"DescribeRegions":               op(s, (*region).describeRegions),
		"DescribeRouteTables":           op(s, (*region).describeRouteTables),
		"DescribeSecurityGroupRules":    op(s, (*region).describeSecurityGroupRules),
		"DescribeSecurityGroups":        op(s, (*region).describeSecurityGroups),
		"DescribeSubnets":               op(s, (*region).describeSubnets),
		"DescribeTags":                  op(s, (*region).describeTags),
		"DescribeVpcAttribute":          op(s, (*region).describeVpcAttribute),
		"DescribeVpcPeeringConnections": op(s, (*region).describeVpcPeeringConnections),
		"DescribeVpcs":                  op(s, (*region).describeVpcs),
		"ModifySecurityGroupRules":      op(s, (*region).modifySecurityGroupRules),
		"RevokeSecurityGroupEgress":     op(s, (*region).revokeEgress),
		"RevokeSecurityGroupIngress":    op(s, (*region).revokeIngress),
	}
}

// op makes an Operation of a function on a region, one call at a time.
func op[I, O any](s *Service, f func(*region, *I) (*O, error)) api.Operation {
	return api.Op(func(c *api.Call, in *I) (*O, error) {
		r, err := s.regions.Of(store.Scope{Account: c.Account, Region: c.Region})
		if err != nil {
			return nil, err
		}
		if dry, ok := reflect.ValueOf(in).Elem().FieldByName("DryRun").Interface().(*bool); ok && dry != nil && *dry {
			// Source: EC2 API reference, "Error codes": DryRunOperation.
			return nil, api.Errorf("DryRunOperation", "Request would have succeeded, but DryRun flag is set.").
				WithStatus(http.StatusPreconditionFailed)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		return f(r, in)
	})
}
