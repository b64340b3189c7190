// Package health probes targets as the load balancers' health checks do, and says in AWS's words what it found.
//
// Intervals go by the simulator's clock, so that tests can hasten them. A probe's timeout is real time: what it measures
// is a real exchange.
package health

import (
	"fmt"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// The reasons and their descriptions ("Target health reason codes", Health checks for your target groups).
var (
	initial = traffic.Health{State: traffic.Initial, Reason: "Elb.InitialHealthChecking",
		Description: "Initial health checks in progress"}
	notInUse = traffic.Health{State: traffic.Unused, Reason: "Target.NotInUse",
		Description: "Target group is not configured to receive traffic from the load balancer"}
	invalidState = traffic.Health{State: traffic.Unused, Reason: "Target.InvalidState",
		Description: "Target is in the stopped state"}
	disabled = traffic.Health{State: traffic.Unavailable, Reason: "Target.HealthCheckDisabled",
		Description: "Health checks are disabled"}
	notRegistered = traffic.Health{State: traffic.Unused, Reason: "Target.NotRegistered",
		Description: "Target is not registered to the target group"}
	healthy = traffic.Health{State: traffic.Healthy}
)

// failure is why a probe failed; its zero value is success.
type failure struct{ reason, description string }

var (
	timedOut = failure{"Target.Timeout", "Request timed out"}
	failed   = failure{"Target.FailedHealthChecks", "Health checks failed"}
)

func mismatch(code int) failure {
	return failure{"Target.ResponseCodeMismatch", fmt.Sprintf("Health checks failed with these codes: [%d]", code)}
}

// judge turns a target's probes into its health.
type judge struct {
	health              traffic.Health
	successes, failures int
}

// observe takes a probe's result. "After your target is registered, it must pass one health check to be considered
// healthy"; after that HealthyThresholdCount successes or UnhealthyThresholdCount failures in a row are needed (Health
// checks for your target groups).
func (j *judge) observe(check traffic.HealthCheck, result failure) traffic.Health {
	if result == (failure{}) {
		j.successes++
		j.failures = 0
		if j.health.State == traffic.Initial || j.successes >= check.HealthyThreshold {
			j.health = healthy
		}
		return j.health
	}
	j.failures++
	j.successes = 0
	if j.health.State == traffic.Unhealthy || j.failures >= check.UnhealthyThreshold {
		j.health = traffic.Health{State: traffic.Unhealthy, Reason: result.reason, Description: result.description}
	}
	return j.health
}
