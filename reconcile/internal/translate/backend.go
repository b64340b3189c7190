package translate

import (
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/conditions"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// ImportGroup is the API group of ServiceImports.
const ImportGroup = "multicluster.x-k8s.io"

// backends resolves the backendRefs of one route.
type backends struct {
	in    *snapshot.Route
	pools map[string]ir.BackendPool
	// resolved becomes the first failure.
	resolved *metav1.Condition
}

func (b *backends) sorted() []ir.BackendPool {
	out := make([]ir.BackendPool, 0, len(b.pools))
	for _, name := range slices.Sorted(maps.Keys(b.pools)) {
		out = append(out, b.pools[name])
	}
	return out
}

// translate gives the weighted backends of one rule. A reference that leads
// nowhere stays, without a pool. An error means that the rule is refused.
func (b *backends) translate(refs []gatewayv1.HTTPBackendRef, field string, matches []ir.Match, c providers.Capabilities) ([]ir.Backend, error) {
	var out []ir.Backend
	for i := range refs {
		ref := &refs[i]
		at := fmt.Sprintf("%s.backendRefs[%d]", field, i)
		backend := ir.Backend{Weight: 1}
		if ref.Weight != nil {
			backend.Weight = *ref.Weight
		}
		if len(ref.Filters) > 0 {
			if len(c.BackendFilters) == 0 {
				return nil, fmt.Errorf("%s.filters: this class applies filters to whole rules only; move them to the rule", at)
			}
			var err error
			if backend.Filters, err = filters(ref.Filters, at, matches, c); err != nil {
				return nil, err
			}
		}
		if pool, failure := b.resolve(&ref.BackendObjectReference, at); failure != nil {
			if b.resolved.Status == metav1.ConditionTrue {
				*b.resolved = *failure
			}
		} else {
			backend.Pool = pool.Name
			if b.pools == nil {
				b.pools = map[string]ir.BackendPool{}
			}
			b.pools[pool.Name] = pool
		}
		out = append(out, backend)
	}
	return out, nil
}

func (b *backends) resolve(ref *gatewayv1.BackendObjectReference, at string) (ir.BackendPool, *metav1.Condition) {
	fail := func(r gatewayv1.RouteConditionReason, format string, args ...any) (ir.BackendPool, *metav1.Condition) {
		c := conditions.RouteUnresolvedRefs(r, at+fmt.Sprintf(format, args...))
		return ir.BackendPool{}, &c
	}
	group, kind, namespace := "", "Service", b.in.Key.Namespace
	if ref.Group != nil {
		group = string(*ref.Group)
	}
	if ref.Kind != nil {
		kind = string(*ref.Kind)
	}
	if ref.Namespace != nil {
		namespace = string(*ref.Namespace)
	}
	if group != ImportGroup || kind != "ServiceImport" {
		return fail(gatewayv1.RouteReasonInvalidKind, ".kind: %s of group %q cannot be a backend; use ServiceImport of group %q, and export the Service in its cluster", kind, group, ImportGroup)
	}
	if namespace != b.in.Key.Namespace && !b.granted(namespace, string(ref.Name)) {
		return fail(gatewayv1.RouteReasonRefNotPermitted, ".namespace: no ReferenceGrant in namespace %q lets HTTPRoutes of namespace %q refer to ServiceImport %q", namespace, b.in.Key.Namespace, ref.Name)
	}
	imported, ok := b.in.Imports[types.NamespacedName{Namespace: namespace, Name: string(ref.Name)}]
	if !ok {
		return fail(gatewayv1.RouteReasonBackendNotFound, ".name: there is no ServiceImport %s/%s; export the Service with a ServiceExport in a member cluster", namespace, ref.Name)
	}
	if ref.Port == nil {
		return fail(gatewayv1.RouteReasonUnsupportedValue, ".port: a ServiceImport needs a port; it has %v", imported.Ports)
	}
	port := uint16(*ref.Port)
	if !slices.Contains(imported.Ports, port) {
		return fail(gatewayv1.RouteReasonBackendNotFound, ".port: ServiceImport %s/%s has no port %d; it has %v", namespace, ref.Name, port, imported.Ports)
	}
	s := ir.Service{Kind: kind, Namespace: namespace, Name: string(ref.Name)}
	return ir.BackendPool{Name: ir.PoolName(s, port), Service: s, Port: port}, nil
}

// granted reports whether a ReferenceGrant permits the reference.
func (b *backends) granted(namespace, name string) bool {
	for _, g := range b.in.Grants {
		if g.Namespace == namespace && from(g, b.in.Key.Namespace) && to(g, name) {
			return true
		}
	}
	return false
}

func from(g *gatewayv1.ReferenceGrant, namespace string) bool {
	return slices.ContainsFunc(g.Spec.From, func(f gatewayv1.ReferenceGrantFrom) bool {
		return f.Group == gatewayv1.GroupName && f.Kind == "HTTPRoute" && string(f.Namespace) == namespace
	})
}

func to(g *gatewayv1.ReferenceGrant, name string) bool {
	return slices.ContainsFunc(g.Spec.To, func(t gatewayv1.ReferenceGrantTo) bool {
		return t.Group == ImportGroup && t.Kind == "ServiceImport" && (t.Name == nil || string(*t.Name) == name)
	})
}
