package translate

import (
	"slices"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// reference is one from a namespace into another.
type reference struct {
	fromKind, fromNamespace        string
	group, kind, namespace, target string
}

// granted reports whether a ReferenceGrant permits the reference, or none is
// needed because it stays in its namespace.
func (r reference) granted(grants []*gatewayv1.ReferenceGrant) bool {
	if r.fromNamespace == r.namespace {
		return true
	}
	return slices.ContainsFunc(grants, func(g *gatewayv1.ReferenceGrant) bool {
		return g.Namespace == r.namespace && slices.ContainsFunc(g.Spec.From, r.from) && slices.ContainsFunc(g.Spec.To, r.to)
	})
}

func (r reference) from(f gatewayv1.ReferenceGrantFrom) bool {
	return f.Group == gatewayv1.GroupName && string(f.Kind) == r.fromKind && string(f.Namespace) == r.fromNamespace
}

func (r reference) to(t gatewayv1.ReferenceGrantTo) bool {
	return string(t.Group) == r.group && string(t.Kind) == r.kind && (t.Name == nil || string(*t.Name) == r.target)
}
