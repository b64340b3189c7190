package translate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// ImportGroup is the API group of ServiceImports.
const ImportGroup = "multicluster.x-k8s.io"

// plainHTTP are the appProtocols of ports that HTTP/1.1 without TLS is right for.
var plainHTTP = []string{"", "http"}

// backends resolves the backendRefs of one route.
type backends struct {
	in    *snapshot.Route
	pools map[string]ir.BackendPool
	// reason is of the first of failures.
	reason   gatewayv1.RouteConditionReason
	failures []string
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
			if backend.Filters, err = filters(ref.Filters, at, matches, c.BackendFilters, c); err != nil {
				return nil, err
			}
		}
		pool, reason, failure := b.resolve(&ref.BackendObjectReference, c)
		if failure != "" {
			b.reason = cmp.Or(b.reason, reason)
			b.failures = append(b.failures, at+failure)
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

// BackendOf is the Service or ServiceImport that a backendRef of a route in
// namespace names. known is false when it names something else; the Kind is
// then as written. group is the one that it names.
func BackendOf(ref *gatewayv1.BackendObjectReference, namespace string) (s ir.Service, group string, known bool) {
	group = string(value(ref.Group))
	s = ir.Service{Kind: "Service", Namespace: namespace, Name: string(ref.Name)}
	if ref.Kind != nil {
		s.Kind = string(*ref.Kind)
	}
	if ref.Namespace != nil {
		s.Namespace = string(*ref.Namespace)
	}
	return s, group, s.Kind == "Service" && group == "" || s.Kind == "ServiceImport" && group == ImportGroup
}

// resolve gives the pool that a backendRef stands for, or why there is none.
func (b *backends) resolve(ref *gatewayv1.BackendObjectReference, c providers.Capabilities) (pool ir.BackendPool, reason gatewayv1.RouteConditionReason, failure string) {
	fail := func(r gatewayv1.RouteConditionReason, format string, args ...any) (ir.BackendPool, gatewayv1.RouteConditionReason, string) {
		return ir.BackendPool{}, r, fmt.Sprintf(format, args...)
	}
	s, group, known := BackendOf(ref, b.in.Key.Namespace)
	if !known {
		return fail(gatewayv1.RouteReasonInvalidKind, ".kind: %s of group %q cannot be a backend; use Service, or ServiceImport of group %q", s.Kind, group, ImportGroup)
	}
	grant := reference{fromKind: "HTTPRoute", fromNamespace: b.in.Key.Namespace, group: group, kind: s.Kind, namespace: s.Namespace, target: s.Name}
	if !grant.granted(b.in.Grants) {
		return fail(gatewayv1.RouteReasonRefNotPermitted, ".namespace: no ReferenceGrant in namespace %q lets HTTPRoutes of namespace %q refer to %s %q; make one there", s.Namespace, b.in.Key.Namespace, s.Kind, s.Name)
	}
	backend, exists := b.in.Backends[s]
	remedy := "make it, or name the ServiceImport of a Service that member clusters export"
	if s.Kind == "ServiceImport" {
		remedy = "export the Service with a ServiceExport in a member cluster"
	}
	switch {
	case !exists:
		return fail(gatewayv1.RouteReasonBackendNotFound, ".name: there is no %s %s/%s; %s", s.Kind, s.Namespace, s.Name, remedy)
	case backend.ExternalName:
		return fail(gatewayv1.RouteReasonUnsupportedValue, ".name: Service %s/%s is of type ExternalName, which has no pods to send requests to; use one that has", s.Namespace, s.Name)
	case ref.Port == nil:
		return fail(gatewayv1.RouteReasonUnsupportedValue, ".port: a %s needs one; %s", s.Kind, numbers(backend.Ports))
	}
	port := uint16(*ref.Port)
	i := slices.IndexFunc(backend.Ports, func(p snapshot.Port) bool { return p.Number == port })
	if i < 0 {
		return fail(gatewayv1.RouteReasonBackendNotFound, ".port: %s %s/%s has no TCP port %d; %s", s.Kind, s.Namespace, s.Name, port, numbers(backend.Ports))
	}
	if p := backend.Ports[i].Protocol; !slices.Contains(plainHTTP, p) && !slices.Contains(c.ApplicationProtocols, p) {
		return fail(gatewayv1.RouteReasonUnsupportedProtocol, ".port: port %d of %s %s/%s has appProtocol %q, and backends are spoken to in HTTP/1.1 without TLS; use a port that takes it, and give that appProtocol http", port, s.Kind, s.Namespace, s.Name, p)
	}
	return ir.BackendPool{Name: ir.PoolName(s, port), Service: s, Port: port}, "", ""
}

// numbers tells which ports can be used.
func numbers(ports []snapshot.Port) string {
	if len(ports) == 0 {
		return "it has none, give it one"
	}
	all := make([]string, len(ports))
	for i, p := range ports {
		all[i] = fmt.Sprint(p.Number)
	}
	return "use " + shorten(strings.Join(all, ", "))
}
