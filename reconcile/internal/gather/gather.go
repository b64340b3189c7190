// Package gather reads what translation needs into snapshots.
//
// It keeps one snapshot per Gateway and brings it up to date by the keys of
// the objects that changed: event handlers call the Changed methods, which
// record the key and answer which Gateways it touches, before they enqueue
// those. A change of one route reads one route. All reads come from caches, but
// for the values of Secrets: of those only the metadata is watched, and each is
// read once for each of its versions.
package gather

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// Key names an object.
type Key = types.NamespacedName

// Gatherer keeps the snapshots. It is safe for concurrent use, but for two
// calls of Snapshot for the same Gateway.
type Gatherer struct {
	// Services reads Services, and Values reads Secrets from the API server
	// itself: no cache is to hold those. They are set before the first use.
	// Without Services there are none.
	Services, Values client.Reader

	cache client.Reader
	clock clock.PassiveClock
	// origin and laid are set by Over.
	origin *Gatherer
	laid   map[Key]snapshot.Certificate
	// listed are the routes by the Gateways that they name, of a Gatherer made
	// by Over: it looks at all Gateways, one after the other, and at once.
	listed map[Key][]Key

	mu        sync.Mutex
	gateways  map[Key]*gateway
	routes    map[Key][]Key     // route -> Gateways that it names
	backends  index[ir.Service] // Service, ServiceImport -> routes that name it
	spaces    index[string]     // namespace -> routes in it, or that refer into it
	secrets   index[Key]        // Secret -> Gateways whose listeners name it
	gwSpaces  index[string]     // namespace -> Gateways that refer into it
	secretsOf map[Key]*secret   // what was read of the Secrets that are named
}

// gateway is the snapshot of one Gateway and what is out of date in it.
type gateway struct {
	routes []*snapshot.Route
	dirty  map[Key]struct{}
}

// New makes a Gatherer that reads from a cache.
func New(cache client.Reader) *Gatherer {
	return &Gatherer{
		cache: cache, clock: clock.RealClock{},
		gateways: map[Key]*gateway{}, routes: map[Key][]Key{}, secretsOf: map[Key]*secret{},
	}
}

// RouteChanged records that a route came, changed or went. The Gateways that
// it names, or named until now, are to be looked at.
func (g *Gatherer) RouteChanged(key Key, now *gatewayv1.HTTPRoute) []Key {
	g.mu.Lock()
	defer g.mu.Unlock()
	touched := slices.Clone(g.routes[key])
	if now != nil {
		touched = append(touched, parents(now)...)
	}
	slices.SortFunc(touched, compare)
	touched = slices.Compact(touched)
	for _, gw := range touched {
		g.mark(gw, key)
	}
	return touched
}

// BackendChanged records that a Service or a ServiceImport came, changed or
// went.
func (g *Gatherer) BackendChanged(service ir.Service) []Key {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.markAll(g.backends.of(service))
}

// Uses reports whether a route names the Service or ServiceImport.
func (g *Gatherer) Uses(service ir.Service) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.backends.used(service)
}

// SecretChanged answers which Gateways name a Secret that came, changed or
// went.
func (g *Gatherer) SecretChanged(key Key) []Key {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.secrets.of(key)
}

// NamespaceChanged records that a namespace's labels changed, or a
// ReferenceGrant in it.
func (g *Gatherer) NamespaceChanged(name string) []Key {
	g.mu.Lock()
	defer g.mu.Unlock()
	touched := append(g.markAll(g.spaces.of(name)), g.gwSpaces.of(name)...)
	slices.SortFunc(touched, compare)
	return slices.Compact(touched)
}

// Forget drops the snapshot of a Gateway that is gone.
func (g *Gatherer) Forget(key Key) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.gateways, key)
	g.refers(key, nil, nil)
}

// markAll marks routes in the Gateways that they name, and gives those.
func (g *Gatherer) markAll(routes []Key) []Key {
	var touched []Key
	for _, r := range routes {
		for _, gw := range g.routes[r] {
			g.mark(gw, r)
			touched = append(touched, gw)
		}
	}
	slices.SortFunc(touched, compare)
	return slices.Compact(touched)
}

func (g *Gatherer) mark(gw, route Key) {
	if known := g.gateways[gw]; known != nil {
		known.dirty[route] = struct{}{}
	}
}

// Snapshot brings the Gateway's snapshot up to date. If it fails, what could
// not be read stays recorded for the next call.
func (g *Gatherer) Snapshot(ctx context.Context, gw *gatewayv1.Gateway) (*snapshot.Gateway, error) {
	key := client.ObjectKeyFromObject(gw)
	known, dirty, err := g.take(ctx, key)
	if err != nil {
		return nil, err
	}
	for _, route := range dirty {
		fresh, err := g.read(ctx, route, key)
		if err != nil {
			g.putBack(key, dirty)
			return nil, err
		}
		i, found := slices.BinarySearchFunc(known.routes, route, func(r *snapshot.Route, k Key) int { return compare(r.Key, k) })
		switch {
		case fresh == nil && found:
			known.routes = slices.Delete(known.routes, i, i+1)
		case fresh == nil:
		case found:
			known.routes[i] = fresh
		default:
			known.routes = slices.Insert(known.routes, i, fresh)
		}
	}
	s := &snapshot.Gateway{Gateway: gw, Routes: slices.Clone(known.routes), At: g.clock.Now()}
	if err := g.readCertificates(ctx, s); err != nil {
		return nil, err
	}
	return s, nil
}

// take gives the Gateway's state and the routes to read anew: all that name
// it, the first time.
func (g *Gatherer) take(ctx context.Context, key Key) (*gateway, []Key, error) {
	g.mu.Lock()
	known := g.gateways[key]
	if known != nil {
		defer g.mu.Unlock()
		dirty := make([]Key, 0, len(known.dirty))
		for k := range known.dirty {
			dirty = append(dirty, k)
		}
		clear(known.dirty)
		slices.SortFunc(dirty, compare)
		return known, dirty, nil
	}
	// From here on events are recorded, so that none is lost beside the list.
	known = &gateway{dirty: map[Key]struct{}{}}
	g.gateways[key] = known
	g.mu.Unlock()

	dirty, err := g.routesOf(ctx, key)
	if err != nil {
		g.Forget(key)
		return nil, nil, err
	}
	slices.SortFunc(dirty, compare)
	return known, dirty, nil
}

// routesOf are the routes that name a Gateway.
func (g *Gatherer) routesOf(ctx context.Context, key Key) ([]Key, error) {
	if g.listed != nil {
		return slices.Clone(g.listed[key]), nil
	}
	var all gatewayv1.HTTPRouteList
	if err := g.cache.List(ctx, &all, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list HTTPRoutes: %w", err)
	}
	listed := map[Key][]Key{}
	for i := range all.Items {
		for _, gw := range parents(&all.Items[i]) {
			if gw == key || g.origin != nil {
				listed[gw] = append(listed[gw], client.ObjectKeyFromObject(&all.Items[i]))
			}
		}
	}
	if g.origin != nil {
		g.listed = listed
	}
	return listed[key], nil
}

func (g *Gatherer) putBack(key Key, dirty []Key) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, k := range dirty {
		g.mark(key, k)
	}
}
