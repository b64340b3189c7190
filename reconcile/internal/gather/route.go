package gather

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/reconcile/internal/snapshot"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// read reads one route and what it refers to. It is nil when the route is
// gone or does not name the Gateway any more.
func (g *Gatherer) read(ctx context.Context, key, gw Key) (*snapshot.Route, error) {
	route := &gatewayv1.HTTPRoute{}
	if err := g.cache.Get(ctx, key, route); apierrors.IsNotFound(err) {
		g.link(key, nil, nil)
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("read HTTPRoute %s: %w", key, err)
	}
	imports := importsOf(route)
	// What changes from here on is recorded; what changed before the link and
	// after the read is not, so the route must still be the same.
	g.link(key, route, imports)
	again := &gatewayv1.HTTPRoute{}
	if err := g.cache.Get(ctx, key, again); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("read HTTPRoute %s: %w", key, err)
	} else if again.ResourceVersion != route.ResourceVersion {
		return g.read(ctx, key, gw)
	}
	if !route.DeletionTimestamp.IsZero() || !slices.Contains(parents(route), gw) {
		return nil, nil
	}
	s := &snapshot.Route{Key: key, Route: route, Imports: map[Key]snapshot.Import{}}
	ns := &corev1.Namespace{}
	if err := g.cache.Get(ctx, Key{Name: key.Namespace}, ns); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("read Namespace %s: %w", key.Namespace, err)
	}
	s.NamespaceLabels = ns.Labels
	granted := map[string]bool{key.Namespace: true}
	for _, i := range imports {
		if err := g.readImport(ctx, i, s); err != nil {
			return nil, err
		}
		if granted[i.Namespace] {
			continue
		}
		granted[i.Namespace] = true
		var grants gatewayv1.ReferenceGrantList
		if err := g.cache.List(ctx, &grants, client.InNamespace(i.Namespace)); err != nil {
			return nil, fmt.Errorf("list ReferenceGrants of namespace %s: %w", i.Namespace, err)
		}
		for n := range grants.Items {
			s.Grants = append(s.Grants, &grants.Items[n])
		}
	}
	return s, nil
}

func (g *Gatherer) readImport(ctx context.Context, key Key, s *snapshot.Route) error {
	found := &mcsv1beta1.ServiceImport{}
	if err := g.cache.Get(ctx, key, found); apierrors.IsNotFound(err) {
		return nil
	} else if err != nil {
		return fmt.Errorf("read ServiceImport %s: %w", key, err)
	}
	s.Imports[key] = snapshot.Import{Ports: ImportPorts(found)}
	return nil
}

// ImportPorts are the TCP port numbers of a ServiceImport, sorted: all that a
// route's meaning depends on.
func ImportPorts(i *mcsv1beta1.ServiceImport) []uint16 {
	var ports []uint16
	for _, p := range i.Spec.Ports {
		if p.Protocol != "" && p.Protocol != corev1.ProtocolTCP {
			continue
		}
		ports = append(ports, uint16(p.Port))
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// link records what a route refers to.
func (g *Gatherer) link(key Key, route *gatewayv1.HTTPRoute, imports []Key) {
	var gateways, spaces []Key
	if route != nil {
		gateways = parents(route)
		spaces = append(spaces, Key{Name: key.Namespace})
	}
	for _, i := range imports {
		spaces = append(spaces, Key{Name: i.Namespace})
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if route == nil {
		delete(g.routes, key)
	} else {
		g.routes[key] = gateways
	}
	g.imports.set(key, imports)
	g.spaces.set(key, spaces)
}

// parents are the Gateways that a route names, each once.
func parents(r *gatewayv1.HTTPRoute) []Key {
	var out []Key
	for _, p := range r.Spec.ParentRefs {
		k := Key{Namespace: r.Namespace, Name: string(p.Name)}
		if p.Namespace != nil {
			k.Namespace = string(*p.Namespace)
		}
		if translate.RefersTo(p, r.Namespace, k.Namespace, k.Name) && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// importsOf are the ServiceImports that a route names, each once.
func importsOf(r *gatewayv1.HTTPRoute) []Key {
	var out []Key
	for i := range r.Spec.Rules {
		for _, b := range r.Spec.Rules[i].BackendRefs {
			if b.Group == nil || *b.Group != translate.ImportGroup {
				continue
			}
			k := Key{Namespace: r.Namespace, Name: string(b.Name)}
			if b.Namespace != nil {
				k.Namespace = string(*b.Namespace)
			}
			if !slices.Contains(out, k) {
				out = append(out, k)
			}
		}
	}
	return out
}
