package check

import (
	"regexp"
	"strings"
)

var nameCharacters = regexp.MustCompile(`^[a-zA-Z0-9-]*$`)

// BalancerName judges the name of a load balancer (API_CreateLoadBalancer: up
// to 32 alphanumeric characters or hyphens, no hyphen at either end, no
// "internal-" in front).
func BalancerName(name string) error {
	if strings.HasPrefix(name, "internal-") {
		return Invalid("Load balancer name cannot begin with 'internal-'")
	}
	return resourceName("Load balancer", "load balancer", name)
}

// GroupName judges the name of a target group (API_CreateTargetGroup).
func GroupName(name string) error { return resourceName("Target group", "target group", name) }

func resourceName(upper, lower, name string) error {
	switch {
	case name == "":
		return Invalid("%s name cannot be blank", upper)
	case len(name) > 32:
		return Invalid("The %s name '%s' cannot be longer than '32' characters", lower, name)
	case !nameCharacters.MatchString(name):
		return Invalid("%s name '%s' can only contain characters that are alphanumeric characters and hyphens(-)", upper, name)
	case strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-"):
		return Invalid("%s name '%s' cannot begin or end with a hyphen(-)", upper, name)
	}
	return nil
}
