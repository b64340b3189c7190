package elbv2

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

const (
	// minimumUnits is the smallest reservation of an Application Load Balancer. [DOC "Capacity reservations": 100 LCUs]
	minimumUnits = 100
	// decreasesPerDay is how often a reservation may be made smaller. [DOC "Capacity reservations"]
	decreasesPerDay = 2
)

// state of a reservation, one for each zone.
func (r *region) capacityState(b *balancer) []types.ZonalCapacityReservationState {
	if b.Capacity == nil || b.Capacity.Units == 0 {
		return nil
	}
	code := types.CapacityReservationStateEnumProvisioned
	if r.capacityPending(b) {
		code = types.CapacityReservationStateEnumPending
	}
	var states []types.ZonalCapacityReservationState
	for _, z := range b.View.AvailabilityZones {
		share := float64(b.Capacity.Units) / float64(len(b.View.AvailabilityZones))
		states = append(states, types.ZonalCapacityReservationState{
			AvailabilityZone: z.ZoneName, EffectiveCapacityUnits: aws.Float64(share),
			State: &types.CapacityReservationStatus{Code: code},
		})
	}
	return states
}

func (r *region) capacityPending(b *balancer) bool {
	return b.Capacity != nil && r.now().Before(b.Capacity.Modified.Add(r.service.Delays.Capacity))
}

// decreases is how many are left today.
func (r *region) decreases(b *balancer) int32 {
	if b.Capacity == nil || r.now().Sub(b.Capacity.Modified) >= 24*time.Hour {
		return decreasesPerDay
	}
	return decreasesPerDay - b.Capacity.Decreases
}

func (r *region) describeCapacityReservation(in *elb.DescribeCapacityReservationInput) (*elb.DescribeCapacityReservationOutput, error) {
	b, err := r.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	out := &elb.DescribeCapacityReservationOutput{
		CapacityReservationState: r.capacityState(b), DecreaseRequestsRemaining: aws.Int32(r.decreases(b)),
	}
	if b.Capacity != nil {
		out.LastModifiedTime = &b.Capacity.Modified
		out.MinimumLoadBalancerCapacity = &types.MinimumLoadBalancerCapacity{CapacityUnits: &b.Capacity.Units}
	}
	return out, nil
}

func (r *region) modifyCapacityReservation(in *elb.ModifyCapacityReservationInput) (*elb.ModifyCapacityReservationOutput, error) {
	old, err := r.balancer(in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	units, err := r.wishedUnits(old, in)
	if err != nil {
		return nil, err
	}
	b := copyOf(old)
	b.Capacity = &capacity{Units: units, Modified: r.now().UTC(), Decreases: decreasesPerDay - r.decreases(old)}
	if old.Capacity != nil && units < old.Capacity.Units {
		if r.decreases(old) == 0 {
			return nil, api.Errorf("CapacityDecreaseRequestLimitExceeded", "You've exceeded the daily capacity decrease limit for this reservation.")
		}
		b.Capacity.Decreases++
	}
	r.balancers.Put(b.arn(), b)
	return &elb.ModifyCapacityReservationOutput{
		CapacityReservationState: r.capacityState(b), DecreaseRequestsRemaining: aws.Int32(r.decreases(b)),
		LastModifiedTime:            &b.Capacity.Modified,
		MinimumLoadBalancerCapacity: &types.MinimumLoadBalancerCapacity{CapacityUnits: &units},
	}, nil
}

func (r *region) wishedUnits(b *balancer, in *elb.ModifyCapacityReservationInput) (int32, error) {
	reset := aws.ToBool(in.ResetCapacityReservation)
	switch {
	case b.kind() == types.LoadBalancerTypeEnumGateway:
		return 0, api.Errorf("InvalidConfigurationRequest", "Capacity reservations are not supported for load balancers of type 'gateway'")
	case reset == (in.MinimumLoadBalancerCapacity != nil):
		return 0, check.Invalid("You must specify either a minimum load balancer capacity or to reset it")
	case !r.active(b):
		return 0, api.Errorf("OperationNotPermitted", "The load balancer '%s' is not active", b.arn())
	case r.capacityPending(b):
		return 0, api.Errorf("PriorRequestNotComplete", "This operation is not allowed while a prior request has not been completed.")
	case reset:
		return 0, nil
	}
	units := aws.ToInt32(in.MinimumLoadBalancerCapacity.CapacityUnits)
	if units < minimumUnits {
		return 0, check.Invalid("The capacity units '%d' must be at least '%d'", units, minimumUnits)
	}
	if int(units) > r.quota(limitCapacityUnits) {
		return 0, api.Errorf("CapacityUnitsLimitExceeded", "You've exceeded the capacity units limit.")
	}
	return units, nil
}
