package ec2

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

var tableKind = kind[types.RouteTable]{
	missing: noTable,
	tags:    func(t types.RouteTable) []types.Tag { return t.Tags },
	fields: map[string]func(types.RouteTable) []string{
		"route-table-id": one(func(t types.RouteTable) *string { return t.RouteTableId }),
		"vpc-id":         one(func(t types.RouteTable) *string { return t.VpcId }),
		"owner-id":       one(func(t types.RouteTable) *string { return t.OwnerId }),
		"association.subnet-id": func(t types.RouteTable) []string {
			var all []string
			for _, a := range t.Associations {
				if a.SubnetId != nil {
					all = append(all, *a.SubnetId)
				}
			}
			return all
		},
		"association.main": func(t types.RouteTable) []string {
			for _, a := range t.Associations {
				if aws.ToBool(a.Main) {
					return []string{"true"}
				}
			}
			return []string{"false"}
		},
		"route.destination-cidr-block": func(t types.RouteTable) []string {
			var all []string
			for _, x := range t.Routes {
				if x.DestinationCidrBlock != nil {
					all = append(all, *x.DestinationCidrBlock)
				}
			}
			return all
		},
		"route.gateway-id": func(t types.RouteTable) []string {
			var all []string
			for _, x := range t.Routes {
				if x.GatewayId != nil {
					all = append(all, *x.GatewayId)
				}
			}
			return all
		},
	},
}

func (r *region) describeRouteTables(in *ec2.DescribeRouteTablesInput) (*ec2.DescribeRouteTablesOutput, error) {
	found, next, err := tableKind.find(r.routes.All(), query{in.RouteTableIds, in.Filters, in.MaxResults, in.NextToken})
	return &ec2.DescribeRouteTablesOutput{RouteTables: found, NextToken: next}, err
}

// newRouteTable makes a route table that routes within its VPC. The main one
// serves all subnets that have no other.
func (r *region) newRouteTable(id string, vpc types.Vpc, main bool) types.RouteTable {
	t := types.RouteTable{
		RouteTableId: aws.String(id), VpcId: vpc.VpcId, OwnerId: aws.String(r.Account), Associations: []types.RouteTableAssociation{},
		Routes: []types.Route{{
			DestinationCidrBlock: vpc.CidrBlock, GatewayId: aws.String("local"), State: types.RouteStateActive, Origin: types.RouteOriginCreateRouteTable,
		}},
	}
	if main {
		t.Associations = append(t.Associations, association(id, nil))
	}
	r.routes.Put(id, t)
	return t
}

// association ties a route table to a subnet, or as the main one to the VPC.
func association(table string, subnet *string) types.RouteTableAssociation {
	return types.RouteTableAssociation{
		RouteTableAssociationId: aws.String(newID("rtbassoc")), RouteTableId: aws.String(table), SubnetId: subnet, Main: aws.Bool(subnet == nil),
		AssociationState: &types.RouteTableAssociationState{State: types.RouteTableAssociationStateCodeAssociated},
	}
}

var gatewayKind = kind[types.InternetGateway]{
	missing: noGateway,
	tags:    func(g types.InternetGateway) []types.Tag { return g.Tags },
	fields: map[string]func(types.InternetGateway) []string{
		"internet-gateway-id": one(func(g types.InternetGateway) *string { return g.InternetGatewayId }),
		"owner-id":            one(func(g types.InternetGateway) *string { return g.OwnerId }),
		"attachment.vpc-id": func(g types.InternetGateway) []string {
			var all []string
			for _, a := range g.Attachments {
				all = append(all, aws.ToString(a.VpcId))
			}
			return all
		},
		"attachment.state": func(g types.InternetGateway) []string {
			var all []string
			for _, a := range g.Attachments {
				all = append(all, string(a.State))
			}
			return all
		},
	},
}

func (r *region) describeInternetGateways(in *ec2.DescribeInternetGatewaysInput) (*ec2.DescribeInternetGatewaysOutput, error) {
	found, next, err := gatewayKind.find(r.gateways.All(), query{in.InternetGatewayIds, in.Filters, in.MaxResults, in.NextToken})
	return &ec2.DescribeInternetGatewaysOutput{InternetGateways: found, NextToken: next}, err
}
