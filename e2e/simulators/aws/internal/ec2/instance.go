package ec2

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

var instanceKind = kind[types.Instance]{
	missing: noInstance,
	tags:    func(i types.Instance) []types.Tag { return i.Tags },
	fields: map[string]func(types.Instance) []string{
		"instance-id":         one(func(i types.Instance) *string { return i.InstanceId }),
		"vpc-id":              one(func(i types.Instance) *string { return i.VpcId }),
		"subnet-id":           one(func(i types.Instance) *string { return i.SubnetId }),
		"private-ip-address":  one(func(i types.Instance) *string { return i.PrivateIpAddress }),
		"private-dns-name":    one(func(i types.Instance) *string { return i.PrivateDnsName }),
		"instance-type":       func(i types.Instance) []string { return []string{string(i.InstanceType)} },
		"instance-state-name": func(i types.Instance) []string { return []string{string(i.State.Name)} },
		"instance-state-code": func(i types.Instance) []string { return []string{*number(i.State.Code)} },
		"availability-zone":   one(func(i types.Instance) *string { return i.Placement.AvailabilityZone }),
		"instance.group-id":   instanceGroups,
		"group-id":            instanceGroups,
		"network-interface.network-interface-id": func(i types.Instance) []string {
			var all []string
			for _, n := range i.NetworkInterfaces {
				all = append(all, aws.ToString(n.NetworkInterfaceId))
			}
			return all
		},
	},
}

func instanceGroups(i types.Instance) []string {
	var all []string
	for _, g := range i.SecurityGroups {
		all = append(all, aws.ToString(g.GroupId))
	}
	return all
}

func (r *region) describeInstances(in *ec2.DescribeInstancesInput) (*ec2.DescribeInstancesOutput, error) {
	found, next, err := instanceKind.find(r.instances.All(), query{in.InstanceIds, in.Filters, in.MaxResults, in.NextToken})
	out := &ec2.DescribeInstancesOutput{Reservations: []types.Reservation{}, NextToken: next}
	for _, i := range found {
		// Each instance was reserved for itself.
		out.Reservations = append(out.Reservations, types.Reservation{
			ReservationId: aws.String("r-" + aws.ToString(i.InstanceId)[2:]), OwnerId: aws.String(r.Account), Instances: []types.Instance{i},
		})
	}
	return out, err
}
