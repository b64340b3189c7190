package config

import (
	"errors"
	"fmt"
	"sync"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/wire"
)

// Table takes configuration. A Set method returns once the resource is in
// force; its error means that what was in force still is.
type Table interface {
	SetCertificate(wire.Certificate) error
	RemoveCertificate(name string)
	SetEndpoints(wire.Endpoints) error
	RemoveEndpoints(pool, cluster string)
	SetRoute(*ir.Route) error
	RemoveRoute(name string)
	SetListener(wire.Listener) error
	RemoveListener(name string)
}

// held is what the proxy has in force, by type and name.
type held struct {
	table   Table
	metrics *metrics

	mu       sync.Mutex // for answered, which probes ask
	first    map[string]bool
	byType   map[string]map[string]string // type -> name -> version
	rejected map[string]map[string]bool   // type -> name
}

func newHeld(t Table, m *metrics) *held {
	h := &held{table: t, metrics: m, first: map[string]bool{}, byType: map[string]map[string]string{}, rejected: map[string]map[string]bool{}}
	for _, typ := range wire.Types {
		h.byType[typ] = map[string]string{}
		h.rejected[typ] = map[string]bool{}
	}
	return h
}

// answered reports whether a response of the type was applied.
func (h *held) answered(typ string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.first[typ]
}

// versions are those in force, by name.
func (h *held) versions(typ string) map[string]string { return h.byType[typ] }

// apply puts every valid resource of a response into force, takes the removed
// ones out, and gives the refused ones.
func (h *held) apply(r *discovery.DeltaDiscoveryResponse) []refusal {
	typ := r.GetTypeUrl()
	versions, rejected := h.byType[typ], h.rejected[typ]
	if versions == nil {
		return []refusal{{name: typ, err: fmt.Errorf("the type %q is not known", typ)}}
	}
	var refused []refusal
	updates := 0
	for _, resource := range r.GetResources() {
		name, version := resource.GetName(), resource.GetVersion()
		if versions[name] == version && version != "" && !rejected[name] {
			continue // in force already: a hub that was restarted may repeat itself
		}
		if err := h.set(typ, resource); err != nil {
			rejected[name] = true
			refused = append(refused, refusal{name, err})
			continue
		}
		versions[name] = version
		delete(rejected, name)
		updates++
	}
	for _, name := range r.GetRemovedResources() {
		delete(rejected, name)
		if _, have := versions[name]; have {
			h.remove(typ, name)
			delete(versions, name)
			updates++
		}
	}
	h.metrics.report(typ, len(versions), len(rejected), updates)
	h.mu.Lock()
	h.first[typ] = true
	h.mu.Unlock()
	return refused
}

// errName is a resource whose name is not that of what it holds.
var errName = errors.New("the resource holds something of another name")

func (h *held) set(typ string, resource *discovery.Resource) error {
	if got := resource.GetResource().GetTypeUrl(); got != typ {
		return fmt.Errorf("the resource is of type %q", got)
	}
	name, body := resource.GetName(), resource.GetResource().GetValue()
	switch typ {
	case wire.CertificateType:
		return set(body, name, func(c *wire.Certificate) string { return c.Name },
			func(c *wire.Certificate) error { return h.table.SetCertificate(*c) })
	case wire.EndpointsType:
		return set(body, name, func(e *wire.Endpoints) string { return wire.EndpointsName(e.Pool, e.Cluster) },
			func(e *wire.Endpoints) error { return h.table.SetEndpoints(*e) })
	case wire.RouteType:
		return set(body, name, func(r *ir.Route) string { return r.Name }, h.table.SetRoute)
	default:
		return set(body, name, func(l *wire.Listener) string { return l.Name },
			func(l *wire.Listener) error { return h.table.SetListener(*l) })
	}
}

// set decodes a resource and, if it is what its name says, puts it in force.
func set[T any](body []byte, name string, nameOf func(*T) string, to func(*T) error) error {
	v := new(T)
	if err := wire.Decode(body, v); err != nil {
		return err
	}
	if nameOf(v) != name {
		return errName
	}
	return to(v)
}

func (h *held) remove(typ, name string) {
	switch typ {
	case wire.CertificateType:
		h.table.RemoveCertificate(name)
	case wire.EndpointsType:
		h.table.RemoveEndpoints(wire.SplitEndpointsName(name))
	case wire.RouteType:
		h.table.RemoveRoute(name)
	case wire.ListenerType:
		h.table.RemoveListener(name)
	}
}
