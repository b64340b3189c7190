package gather

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers/ir"
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
	services := backendsOf(route)
	// What changes from here on is recorded; what changed before the link and
	// after the read is not, so the route must still be the same.
	g.link(key, route, services)
	again := &gatewayv1.HTTPRoute{}
	if err := g.cache.Get(ctx, key, again); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("read HTTPRoute %s: %w", key, err)
	} else if again.ResourceVersion != route.ResourceVersion {
		return g.read(ctx, key, gw)
	}
	if !route.DeletionTimestamp.IsZero() || !slices.Contains(parents(route), gw) {
		return nil, nil
	}
	// It is no part of what the route means, and changes by our own doing.
	route.Status = gatewayv1.HTTPRouteStatus{}
	s := &snapshot.Route{Key: key, Route: route, Backends: map[ir.Service]snapshot.Backend{}}
	ns := &corev1.Namespace{}
	if err := g.cache.Get(ctx, Key{Name: key.Namespace}, ns); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("read Namespace %s: %w", key.Namespace, err)
	}
	s.NamespaceLabels = ns.Labels
	var elsewhere []string
	for _, service := range services {
		b, err := g.readBackend(ctx, service)
		if err != nil {
			return nil, err
		}
		if b != nil {
			s.Backends[service] = *b
		}
		elsewhere = append(elsewhere, service.Namespace)
	}
	var err error
	s.Grants, err = g.readGrants(ctx, key.Namespace, elsewhere)
	return s, err
}

// readGrants reads the ReferenceGrants of the namespaces, but for the one that
// the reference comes from.
func (g *Gatherer) readGrants(ctx context.Context, from string, to []string) ([]*gatewayv1.ReferenceGrant, error) {
	var grants []*gatewayv1.ReferenceGrant
	slices.Sort(to)
	for _, namespace := range slices.Compact(to) {
		if namespace == from {
			continue
		}
		var all gatewayv1.ReferenceGrantList
		if err := g.cache.List(ctx, &all, client.InNamespace(namespace)); err != nil {
			return nil, fmt.Errorf("list ReferenceGrants of namespace %s: %w", namespace, err)
		}
		for i := range all.Items {
			grants = append(grants, &all.Items[i])
		}
	}
	return grants, nil
}

// link records what a route refers to.
func (g *Gatherer) link(key Key, route *gatewayv1.HTTPRoute, services []ir.Service) {
	var gateways []Key
	var spaces []string
	if route != nil {
		gateways = parents(route)
		spaces = append(spaces, key.Namespace)
	}
	for _, s := range services {
		spaces = append(spaces, s.Namespace)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if route == nil {
		delete(g.routes, key)
	} else {
		g.routes[key] = gateways
	}
	g.backends.set(key, services)
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

// backendsOf are the Services and ServiceImports that a route names, each once.
func backendsOf(r *gatewayv1.HTTPRoute) []ir.Service {
	var out []ir.Service
	for i := range r.Spec.Rules {
		for j := range r.Spec.Rules[i].BackendRefs {
			s, _, known := translate.BackendOf(&r.Spec.Rules[i].BackendRefs[j].BackendObjectReference, r.Namespace)
			if known && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}
