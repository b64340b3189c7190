// Package plan holds what a provider intends: steps with their reasons, and
// verdicts on what was wished. It knows no cloud.
package plan

// Plan is the way from what is to what is wished. It can be printed as JSON
// before anything is touched; one read back from JSON can be shown, not
// applied.
type Plan struct {
	// Steps are in an order in which they may run; see Step.DependsOn.
	Steps []Step `json:"steps,omitempty"`
	// Verdicts say how each wished listener, rule and pool will be served.
	// What is served natively and without remark needs none.
	Verdicts []Verdict `json:"verdicts,omitempty"`
}

// Empty reports whether there is nothing to do.
func (p Plan) Empty() bool { return len(p.Steps) == 0 }

// Op is what a step does to its resource.
type Op string

// The operations of steps.
const (
	Create Op = "Create"
	Update Op = "Update"
	Delete Op = "Delete"
	// Wait changes nothing: it is a gate that holds back what depends on it
	// until something has come about.
	Wait Op = "Wait"
)

// Step is one change, or one gate.
type Step struct {
	// ID is unique in its plan and the same for the same change.
	ID string `json:"id"`
	Op Op     `json:"op"`
	// Resource names what is changed, by its owner name:
	// "Deployment/shop/fairway-web".
	Resource string `json:"resource"`
	// Why is a sentence for people.
	Why string `json:"why"`
	// DependsOn are the ids of steps, earlier in the plan, that must have
	// succeeded.
	DependsOn []string `json:"dependsOn,omitempty"`
	// Payload is the provider's own detail for Apply.
	Payload any `json:"-"`
}

// Service is how a wished object is served.
type Service string

// The ways of being served.
const (
	Native  Service = "Native"
	Refused Service = "Refused"
)

// Verdict says how one wished object is served.
type Verdict struct {
	// Subject is "listener/<name>", "route/<name>", "rule/<route>/<index>" or
	// "pool/<name>".
	Subject string  `json:"subject"`
	Service Service `json:"service"`
	// Reason is a CamelCase word, Message names what is at fault and the
	// remedy; both are empty for Native.
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}
