package traffic

// State is a target's health, as in the API.
type State string

// The states that probing gives. draining is known to who registers targets, and unused is the state of all targets
// of a group that is not in use.
const (
	Initial     State = "initial"
	Healthy     State = "healthy"
	Unhealthy   State = "unhealthy"
	Unused      State = "unused"
	Unavailable State = "unavailable"
	// UnhealthyDraining is told of an unhealthy target whose connections are left alone for a while; for everything
	// else it is unhealthy.
	UnhealthyDraining State = "unhealthy.draining"
)

// Health is what DescribeTargetHealth tells of a target.
type Health struct {
	State State
	// Reason is AWS's code, such as Target.ResponseCodeMismatch; empty when healthy.
	Reason string
	// Description is AWS's text for the reason.
	Description string
}

// Change is a target whose health changed.
type Change struct {
	TargetGroup string // ARN
	Target      Key
	Health      Health
}
