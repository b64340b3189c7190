package traffic

import "time"

// Exchange is one request to an Application Load Balancer, in the terms of its access log.
type Exchange struct {
	Time         time.Time
	LoadBalancer string // ARN
	Listener     string // ARN
	// Rule is the ARN of the rule that decided, "default", or empty when none did.
	Rule string
	// Priority is the rule's; 0 is the default rule's.
	Priority           int
	Client             string
	Method, Host, Path string
	// Status is elb_status_code: also 460, 463 and 464, which a client may never see.
	Status int
	// TargetGroup and Target are what it was forwarded to, or empty.
	TargetGroup string
	Target      string
	// Error says why the load balancer answered itself.
	Error string
}
