// Package placement keeps, on a Gateway itself, where its load balancers are.
// What was built is found by it after the class and the parameters are gone.
package placement

import (
	"encoding/json"
	"fmt"
	"slices"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers"
)

// Annotation holds a Gateway's placements, as a JSON list.
const Annotation = "fairway.dev/placements"

// Placement is one place that a Gateway has, or may have, a load balancer in.
type Placement struct {
	// Provider is the provider's Name.
	Provider string             `json:"provider"`
	Location providers.Location `json:"location,omitempty"`
}

// Of reads the placements of a Gateway: the present one first, then those that
// are to be torn down once it serves. None are an empty list.
func Of(gateway client.Object) ([]Placement, error) {
	text := gateway.GetAnnotations()[Annotation]
	if text == "" {
		return nil, nil
	}
	var list []Placement
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("annotation %s: %w", Annotation, err)
	}
	return list, nil
}

// To is the list with p as its present placement.
func To(list []Placement, p Placement) []Placement {
	return append([]Placement{p}, Without(list, p)...)
}

// Without is the list without p.
func Without(list []Placement, p Placement) []Placement {
	return slices.DeleteFunc(slices.Clone(list), func(other Placement) bool { return other == p })
}

// Set writes the list into the Gateway's annotations, and takes the annotation
// away for an empty one.
func Set(gateway client.Object, list []Placement) error {
	annotations := gateway.GetAnnotations()
	if len(list) == 0 {
		delete(annotations, Annotation)
		gateway.SetAnnotations(annotations)
		return nil
	}
	text, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("annotation %s: %w", Annotation, err)
	}
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[Annotation] = string(text)
	gateway.SetAnnotations(annotations)
	return nil
}
