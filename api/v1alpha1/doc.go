// Package v1alpha1 holds the types that Fairway adds to Kubernetes, in the
// group fairway.dev. They have no behaviour.
//
// +kubebuilder:object:generate=true
// +groupName=fairway.dev
package v1alpha1
