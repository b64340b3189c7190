// Package check judges requests to Elastic Load Balancing by themselves, before
// any state is looked at: names, tags, conditions, actions, transforms and
// health checks. Everything is a pure function from the SDK's types to an error
// as AWS gives it, and fills in the defaults that AWS reports.
//
// Where the text of an AWS message is not known from documentation or issues,
// its form follows the ones that are; the code is always AWS's.
package check

import (
	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// Invalid is AWS's ValidationError, which stands for everything that the
// service's model leaves unmodelled.
func Invalid(format string, args ...any) error {
	return api.Errorf("ValidationError", format, args...)
}

// misconfigured is InvalidConfigurationRequest.
func misconfigured(format string, args ...any) error {
	return api.Errorf("InvalidConfigurationRequest", format, args...)
}

// badAction is InvalidLoadBalancerAction.
func badAction(format string, args ...any) error {
	return api.Errorf("InvalidLoadBalancerAction", format, args...)
}
