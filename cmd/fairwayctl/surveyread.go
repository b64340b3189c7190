package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// readable is what the hub lets whoever looks read.
type readable struct {
	// gateways are those of all namespaces that were read.
	gateways map[types.NamespacedName]*gatewayv1.Gateway
	// asked are the Gateways of the namespace that is asked for, or all.
	asked  []*gatewayv1.Gateway
	routes []gatewayv1.HTTPRoute
	// hidden are namespaces whose Gateways may not be read.
	hidden map[string]bool
	// notes say what was left out for want of a right.
	notes []string
}

// read reads Gateways and routes. For one namespace it needs rights in that one
// only: what stands in others is left out where it may not be read, and a note
// says so.
func read(ctx context.Context, hub client.Reader, only client.ObjectKey) (*readable, error) {
	r := &readable{gateways: map[types.NamespacedName]*gatewayv1.Gateway{}, hidden: map[string]bool{}}
	var routes gatewayv1.HTTPRouteList
	// Routes of any namespace may lead to a Gateway.
	err := hub.List(ctx, &routes)
	if only.Namespace != "" && apierrors.IsForbidden(err) {
		r.notes = append(r.notes, fmt.Sprintf("HTTPRoutes of other namespaces than %s are left out: you may not list them", only.Namespace))
		err = hub.List(ctx, &routes, client.InNamespace(only.Namespace))
	}
	if only.Namespace == "" && apierrors.IsForbidden(err) {
		return nil, fmt.Errorf("list HTTPRoutes: %w; with --namespace, rights in that one are enough", err)
	}
	if err != nil {
		return nil, fmt.Errorf("list HTTPRoutes: %w", err)
	}
	slices.SortFunc(routes.Items, func(a, b gatewayv1.HTTPRoute) int { return byName(&a, &b) })
	r.routes = routes.Items
	if r.asked, err = r.readGateways(ctx, hub, only.Namespace); err != nil {
		return nil, err
	}
	if only.Namespace == "" || only.Name != "" {
		return r, nil
	}
	return r, r.readParents(ctx, hub, only.Namespace)
}

// readGateways reads those of a namespace, or of all.
func (r *readable) readGateways(ctx context.Context, hub client.Reader, namespace string) ([]*gatewayv1.Gateway, error) {
	var list gatewayv1.GatewayList
	if err := hub.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("list Gateways: %w", err)
	}
	slices.SortFunc(list.Items, func(a, b gatewayv1.Gateway) int { return byName(&a, &b) })
	all := make([]*gatewayv1.Gateway, len(list.Items))
	for i := range list.Items {
		all[i] = &list.Items[i]
		r.gateways[client.ObjectKeyFromObject(all[i])] = all[i]
	}
	return all, nil
}

// readParents reads the Gateways of other namespaces that routes of this one
// may lead to.
func (r *readable) readParents(ctx context.Context, hub client.Reader, namespace string) error {
	known := map[string]bool{namespace: true}
	for i := range r.routes {
		route := &r.routes[i]
		if route.Namespace != namespace {
			continue
		}
		for _, ref := range route.Spec.ParentRefs {
			to, is := gatewayOf(ref, namespace)
			if !is || known[to.Namespace] {
				continue
			}
			known[to.Namespace] = true
			_, err := r.readGateways(ctx, hub, to.Namespace)
			if apierrors.IsForbidden(err) {
				r.hidden[to.Namespace] = true
				r.notes = append(r.notes, fmt.Sprintf("whether Gateways of namespace %s are there is not told: you may not list them", to.Namespace))
			} else if err != nil {
				return err
			}
		}
	}
	return nil
}

// byName orders what is shown: of what is kept for --watch, lists come in any
// order.
func byName(a, b client.Object) int {
	return cmp.Or(strings.Compare(a.GetNamespace(), b.GetNamespace()), strings.Compare(a.GetName(), b.GetName()))
}
