// Package snapshot is the plain input of translation: everything that one
// Gateway's meaning depends on, read once.
package snapshot

import (
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// Gateway is one Gateway and what refers to it.
type Gateway struct {
	// Gateway must not be changed.
	Gateway *gatewayv1.Gateway
	// Routes are sorted by Key and hold no key twice. A route whose inputs
	// have not changed since the last snapshot is the same pointer.
	Routes []*Route
}

// Route is one HTTPRoute and everything that its meaning depends on but for
// the Gateway's listeners. It is never changed.
type Route struct {
	Key   types.NamespacedName
	Route *gatewayv1.HTTPRoute
	// NamespaceLabels are the labels of the route's namespace.
	NamespaceLabels map[string]string
	// Imports are the ServiceImports that the route names and that exist.
	Imports map[types.NamespacedName]Import
	// Grants are the ReferenceGrants in the other namespaces that it refers to.
	Grants []*gatewayv1.ReferenceGrant
}

// Import is what translation reads of a ServiceImport.
type Import struct {
	// Ports are the service's port numbers, sorted.
	Ports []uint16
}
