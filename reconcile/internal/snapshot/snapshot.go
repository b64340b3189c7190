// Package snapshot is the plain input of translation: everything that one
// Gateway's meaning depends on, read once.
package snapshot

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers/ir"
)

// Gateway is one Gateway and what refers to it.
type Gateway struct {
	// Gateway must not be changed.
	Gateway *gatewayv1.Gateway
	// Certificates are what is in the Secrets that its listeners name, by the
	// Secret. One that does not exist, or that the Gateway may not refer to,
	// is absent.
	Certificates map[types.NamespacedName]Certificate
	// Grants are the ReferenceGrants in the other namespaces that it refers to.
	Grants []*gatewayv1.ReferenceGrant
	// Routes are sorted by Key and hold no key twice. A route whose inputs
	// have not changed since the last snapshot is the same pointer.
	Routes []*Route
	// At is when the snapshot was taken.
	At time.Time
}

// Certificate is what is in a Secret that a listener names.
type Certificate struct {
	// Problem says what is wrong with the Secret, in words for a status and
	// without anything of its values; empty when it is as it should be.
	Problem string
	// Usable is true when Certificate can be served: where there is a Problem,
	// it is the one that the Secret held before.
	Usable      bool
	Certificate ir.Certificate
	// Again is when the Secret is to be read again although no event says so;
	// zero if never.
	Again time.Time
}

// Route is one HTTPRoute and everything that its meaning depends on but for
// the Gateway's listeners. It is never changed.
type Route struct {
	Key   types.NamespacedName
	Route *gatewayv1.HTTPRoute
	// NamespaceLabels are the labels of the route's namespace.
	NamespaceLabels map[string]string
	// Backends are the Services and ServiceImports that the route names and
	// that exist.
	Backends map[ir.Service]Backend
	// Grants are the ReferenceGrants in the other namespaces that it refers to.
	Grants []*gatewayv1.ReferenceGrant
}

// Backend is what translation reads of a Service or a ServiceImport.
type Backend struct {
	// ExternalName is true for a Service that is another name for a host.
	ExternalName bool
	// Ports are the TCP ports, sorted by number.
	Ports []Port
}

// Port is one port of a Backend.
type Port struct {
	Number uint16
	// Protocol is the appProtocol that the port declares, empty if none.
	Protocol string
}
