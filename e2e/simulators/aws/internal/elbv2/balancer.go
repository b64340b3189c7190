package elbv2

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

func (s *Service) balancerOperations() map[string]api.Operation {
	return map[string]api.Operation{
		"CreateLoadBalancer":             writing(s, (*region).createLoadBalancer),
		"DescribeLoadBalancers":          reading(s, (*region).describeLoadBalancers),
		"DeleteLoadBalancer":             writing(s, (*region).deleteLoadBalancer),
		"DescribeLoadBalancerAttributes": reading(s, (*region).describeLoadBalancerAttributes),
		"ModifyLoadBalancerAttributes":   writing(s, (*region).modifyLoadBalancerAttributes),
		"SetSubnets":                     writing(s, (*region).setSubnets),
		"SetSecurityGroups":              writing(s, (*region).setSecurityGroups),
		"SetIpAddressType":               writing(s, (*region).setIPAddressType),
		"ModifyIpPools":                  writing(s, (*region).modifyIPPools),
		"DescribeCapacityReservation":    reading(s, (*region).describeCapacityReservation),
		"ModifyCapacityReservation":      writing(s, (*region).modifyCapacityReservation),
		"DescribeAccountLimits":          reading(s, (*region).describeAccountLimits),
	}
}

// active tells whether a load balancer is set up.
func (r *region) active(b *balancer) bool {
	return !r.now().Before(b.View.CreatedTime.Add(r.service.Delays.Provisioning))
}

// describeBalancer is a load balancer as the API shows it now.
func (r *region) describeBalancer(b *balancer) types.LoadBalancer {
	view := b.View
	view.State = &types.LoadBalancerState{Code: types.LoadBalancerStateEnumProvisioning}
	if r.active(b) {
		view.State.Code = types.LoadBalancerStateEnumActive
	}
	return view
}

// dnsName makes a name as AWS does. [DOC "Application Load Balancers": DNS name; for NLBs the region is behind "elb"]
func dnsName(view types.LoadBalancer, region, id string) string {
	name := strings.ToLower(aws.ToString(view.LoadBalancerName))
	if view.Type != types.LoadBalancerTypeEnumApplication {
		return fmt.Sprintf("%s-%s.elb.%s.amazonaws.com", name, id, region)
	}
	if view.Scheme == types.LoadBalancerSchemeEnumInternal {
		name = "internal-" + name
	}
	return fmt.Sprintf("%s-%d.%s.elb.amazonaws.com", name, 100000000+rand.IntN(2000000000), region)
}

// hostedZones are those of the load balancers' names, for Application and Network Load Balancers. [DOC AWS general
// reference "Elastic Load Balancing endpoints and quotas"]; other regions get the first.
var hostedZones = map[string][2]string{
	"us-east-1":      {"Z35SXDOTRQ7X7K", "Z26RNL4JYFTOTI"},
	"us-east-2":      {"Z3AADJGX6KTTL2", "ZLMOA37VPKANP"},
	"us-west-1":      {"Z368ELLRRE2KJ0", "Z24FKFUX50B4VW"},
	"us-west-2":      {"Z1H1FL5HABSF5", "Z18D5FSROUN65G"},
	"eu-west-1":      {"Z32O12XQLNTSW2", "Z2IFOLAFXWLO4F"},
	"eu-central-1":   {"Z215JYRZR1TBD5", "Z3F0SRJ5LGBH90"},
	"ap-southeast-1": {"Z1LMS91P8CMLE5", "ZKVM4W9LS7TM"},
	"ap-northeast-1": {"Z14GRHDCWA56QT", "Z31USIVHYNEOWT"},
}

func hostedZone(kind types.LoadBalancerTypeEnum, region string) string {
	zones, known := hostedZones[region]
	if !known {
		zones = hostedZones["us-east-1"]
	}
	if kind == types.LoadBalancerTypeEnumApplication {
		return zones[0]
	}
	return zones[1]
}
