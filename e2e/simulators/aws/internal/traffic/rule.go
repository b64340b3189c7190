package traffic

import "time"

// Rule is one listener rule but the default one.
type Rule struct {
	ARN string
	// Priority is 1 to 50000; the lowest that matches wins.
	Priority   int
	Conditions []Condition
	Transforms []Transform
	Actions    []Action
}

// The fields of conditions, as in the API.
const (
	HostHeader    = "host-header"
	PathPattern   = "path-pattern"
	RequestMethod = "http-request-method"
	SourceIP      = "source-ip"
	HTTPHeader    = "http-header"
	QueryString   = "query-string"
)

// Condition is one of a rule's; all of a rule must match, and one value of each.
type Condition struct {
	Field string
	// Header is the name that an http-header condition looks at.
	Header string
	// Values are patterns with * and ?, methods, or CIDR blocks.
	Values []string
	// RegexValues are instead of Values, for host-header, path-pattern and http-header.
	RegexValues []string
	// Query holds the values of a query-string condition.
	Query []KeyValue
	// AddressType is that of a Network Load Balancer's source-ip condition: ipv4 or ipv6 instead of Values.
	AddressType string
}

// KeyValue is one value of a query-string condition. An empty key means any key.
type KeyValue struct{ Key, Value string }

// The types of transforms, as in the API.
const (
	HostHeaderRewrite = "host-header-rewrite"
	URLRewrite        = "url-rewrite"
)

// Transform changes the request after its rule was chosen.
type Transform struct {
	Type     string
	Rewrites []Rewrite
}

// Rewrite replaces what the expression finds; $1 to $9 stand for its groups.
type Rewrite struct{ Regex, Replace string }

// Action is one of a rule's, with exactly one of the pointers set.
type Action struct {
	Order         int
	Forward       *Forward
	Redirect      *Redirect
	FixedResponse *FixedResponse
	// Authenticate is an authentication or token check: authenticate-oidc, authenticate-cognito or jwt-validation. No
	// identity provider is simulated: requests that need one are answered with 561 (401 for a token).
	Authenticate string
}

// Forward is a forward action.
type Forward struct {
	Groups []WeightedGroup
	// Stickiness keeps a client on the group that it got, for so long; 0 is off.
	Stickiness time.Duration
}

// WeightedGroup is a target group and its share.
type WeightedGroup struct {
	ARN    string
	Weight int
}

// Redirect is a redirect action. Its parts may hold #{protocol}, #{host}, #{port}, #{path} and #{query}; empty parts
// have the API's defaults.
type Redirect struct {
	Protocol, Host, Port, Path, Query string
	// Permanent is HTTP_301, else HTTP_302.
	Permanent bool
}

// FixedResponse is a fixed-response action.
type FixedResponse struct {
	Status            int
	ContentType, Body string
}
