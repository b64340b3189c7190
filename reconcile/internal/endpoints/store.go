// Package endpoints knows which pods stand behind every exported service, in
// every member cluster. It is kept apart from configuration, because pods
// come and go a thousand times more often than routes.
//
// A pool may have no endpoint that serves: requests for it are then answered
// with 503. No status of a route says so: it would have to be written with
// every pod that comes and goes, and the Gateway API has no condition for it.
// The 503 itself does, in the load balancer's logs and metrics.
package endpoints

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"fairway.dev/fairway/providers/ir"
)

// Port is one port of an exported service in one cluster.
type Port struct {
	// Name is the Service port's name; it may be empty.
	Name string
	// Endpoints are sorted by address and port, and unique. They are shared:
	// nobody changes them.
	Endpoints []ir.Endpoint
}

// Ports are the ports of an exported service in one cluster, by the Service's
// port number.
type Ports map[uint16]Port

func (p Ports) equal(q Ports) bool {
	return maps.EqualFunc(p, q, func(a, b Port) bool {
		return a.Name == b.Name && slices.Equal(a.Endpoints, b.Endpoints)
	})
}

// Entry is what is known of one service in one cluster.
type Entry struct {
	// Exported says that the cluster exports the service, or did when last
	// heard of.
	Exported bool
	// Known is false when Ports cannot be told yet.
	Known bool
	Ports Ports

	// emptied is since when nothing is exported.
	emptied time.Time
}

// empty reports whether the entry only says that there is nothing.
func (e Entry) empty() bool { return !e.Exported && e.Known }

func (e Entry) equal(o Entry) bool {
	return e.Exported == o.Exported && e.Known == o.Known && e.Ports.equal(o.Ports)
}

// Store knows the endpoints of every exported service, by cluster. Safe for
// concurrent use.
//
// A service that a cluster exports no more keeps an entry, known and empty:
// providers read a cluster that is absent as one to leave alone. It is dropped
// an hour later, when everybody has long been told; nothing else of a former
// member or service stays.
type Store struct {
	onChange []func(ir.Service, string)
	now      func() time.Time

	mu       sync.RWMutex
	admitted map[string]bool
	services map[ir.Service]map[string]Entry
	imports  map[ir.Service]portNames
	// graves are the empty entries, the oldest first.
	graves []grave
}

// NewStore returns an empty Store.
func NewStore() *Store {
	return &Store{now: time.Now, admitted: map[string]bool{}, services: map[ir.Service]map[string]Entry{}, imports: map[ir.Service]portNames{}}
}

// OnChange adds a function that is called after a service's content in one
// cluster changed, outside the lock, on the goroutine of the change. It is
// called before anything starts.
func (s *Store) OnChange(f func(service ir.Service, cluster string)) {
	s.onChange = append(s.onChange, f)
}

// Endpoints gives a pool's endpoints in every cluster that exports its
// service or lately did, sorted by cluster. It implements
// providers.EndpointSource; a pool that is not a ServiceImport's has none here.
// Clusters are joined by the names of ports, see Import.
func (s *Store) Endpoints(pool string) []ir.ClusterEndpoints {
	service, port, ok := ParsePool(pool)
	if !ok || service.Kind != KindServiceImport {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	names := s.imports[service]
	all := make([]ir.ClusterEndpoints, 0, len(s.services[service]))
	for cluster, e := range s.services[service] {
		all = append(all, ir.ClusterEndpoints{Cluster: cluster, Known: e.Known, Endpoints: names.find(port, e.Ports).Endpoints})
	}
	slices.SortFunc(all, func(a, b ir.ClusterEndpoints) int { return cmp.Compare(a.Cluster, b.Cluster) })
	return all
}

// Entry gives what is known of a service in a cluster; ok is false when
// nothing was ever heard of it.
func (s *Store) Entry(service ir.Service, cluster string) (e Entry, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	e, ok = s.services[service][cluster]
	return e, ok
}

// Exports names the services that a cluster exports, or did when last heard
// of, in no order.
func (s *Store) Exports(cluster string) []ir.Service {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []ir.Service
	for service, clusters := range s.services {
		if clusters[cluster].Exported {
			all = append(all, service)
		}
	}
	return all
}

// InNamespace calls f with every service of the namespace and each cluster
// that it has an entry for.
func (s *Store) InNamespace(namespace string, f func(service ir.Service, cluster string)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for service, clusters := range s.services {
		if service.Namespace != namespace {
			continue
		}
		for cluster := range clusters {
			f(service, cluster)
		}
	}
}

// Admit lets Set and Expect take a cluster's content. A cluster that was
// removed stays out until it is admitted again, so that work still in flight
// cannot bring it back.
func (s *Store) Admit(cluster string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.admitted[cluster] = true
}

// Set records what a cluster exports as service, and reports whether that is
// news.
func (s *Store) Set(service ir.Service, cluster string, ports Ports) bool {
	return s.put(service, cluster, func(_ Entry, _ bool) (Entry, bool) {
		return Entry{Exported: true, Known: true, Ports: ports}, s.admitted[cluster]
	})
}

// Expect records that a cluster exports service although its endpoints cannot
// be told, unless more is known already.
func (s *Store) Expect(service ir.Service, cluster string) {
	s.put(service, cluster, func(_ Entry, exists bool) (Entry, bool) {
		return Entry{Exported: true}, !exists && s.admitted[cluster]
	})
}

// Withdraw records that a cluster does not export service any more, and
// reports whether that is news. It never makes an entry.
func (s *Store) Withdraw(service ir.Service, cluster string) bool {
	return s.put(service, cluster, func(old Entry, exists bool) (Entry, bool) {
		return Entry{Known: true}, exists
	})
}

// Bury records that a cluster which is no member any more has no endpoints
// for service, whether or not anything was known of it.
func (s *Store) Bury(service ir.Service, cluster string) {
	s.put(service, cluster, func(Entry, bool) (Entry, bool) {
		return Entry{Known: true}, !s.admitted[cluster]
	})
}

// Remove withdraws everything that a cluster exports, and keeps it out until
// it is admitted again. It returns the services that it exported.
func (s *Store) Remove(cluster string) []ir.Service {
	s.mu.Lock()
	delete(s.admitted, cluster)
	s.mu.Unlock()
	exported := s.Exports(cluster)
	for _, service := range exported {
		s.Withdraw(service, cluster)
	}
	return exported
}

// put replaces an entry by what next makes of it, and tells the listeners
// when that differs. next runs under the lock.
func (s *Store) put(service ir.Service, cluster string, next func(old Entry, exists bool) (Entry, bool)) bool {
	s.mu.Lock()
	old, exists := s.services[service][cluster]
	e, ok := next(old, exists)
	if !ok || exists && e.equal(old) {
		s.mu.Unlock()
		return false
	}
	if s.services[service] == nil {
		s.services[service] = map[string]Entry{}
	}
	if e.empty() {
		e.emptied = s.now()
		s.graves = append(s.graves, grave{service, cluster, e.emptied})
	}
	s.services[service][cluster] = e
	s.sweep()
	s.mu.Unlock()
	s.changed(service, cluster)
	return true
}
