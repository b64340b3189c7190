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
	// Serves are the wished objects that the step is for: when it fails, they
	// are what does not come about.
	Serves []Subject `json:"serves,omitempty"`
	// Gate says what a Wait waits for.
	Gate Gate `json:"gate,omitempty"`
	// Payload is the provider's own detail for Apply.
	Payload any `json:"-"`
}

// Gate is what a Wait waits for.
type Gate string

// The gates.
const (
	// Healthy: the targets of a new pool take traffic.
	Healthy Gate = "Healthy"
	// Drained: what was taken out of service has finished its requests.
	Drained Gate = "Drained"
	// Propagated: a change has reached the whole data plane.
	Propagated Gate = "Propagated"
	// OperationDone: the provider's API has finished a long operation.
	OperationDone Gate = "OperationDone"
)
