package stream

import (
	"sync"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/wire"
)

// config is what the proxies of one load balancer are to hold, and their
// streams.
type config struct {
	ref providers.Ref
	// users counts the streams and, while it is live, the configuration;
	// both are guarded by Index.mu.
	users int
	live  bool

	// mu guards what follows and the sessions themselves. It may be held
	// while Index.mu is taken, not the other way round.
	mu        sync.Mutex
	published *ir.LoadBalancer
	resources [kinds]map[string]*discovery.Resource
	// pools holds, for each pool of the configuration, the names of its
	// endpoints, and whether they are known.
	pools map[string]map[string]bool
	// hashes are ir.Hash of the listeners, by name.
	hashes   map[string]string
	sessions map[*session]struct{}
}

func newConfig(ref providers.Ref) *config {
	c := &config{ref: ref, sessions: map[*session]struct{}{}}
	c.clear()
	return c
}

func (c *config) clear() {
	c.published = nil
	for k := range c.resources {
		c.resources[k] = map[string]*discovery.Resource{}
	}
	c.pools = map[string]map[string]bool{}
	c.hashes = map[string]string{}
}

// publish makes lb the configuration and marks what differs in every session.
func (c *config) publish(lb *ir.LoadBalancer, source providers.EndpointSource) {
	first := c.published == nil
	change := Diff(c.published, lb)
	for _, certificate := range change.Certificates {
		c.set(certificates, certificate.Name, encodeCertificate(certificate))
	}
	for _, p := range change.Pools {
		if c.pools[p.Name] == nil {
			c.pools[p.Name] = map[string]bool{}
			c.setEndpoints(p.Name, source.Endpoints(p.Name))
		}
	}
	for _, r := range change.Routes {
		c.set(routes, r.Name, encode(routes, r.Name, r))
	}
	for _, l := range change.Listeners {
		c.hashes[l.Name] = ir.Hash(l)
		c.set(listeners, l.Name, encode(listeners, l.Name, wire.Listener{Listener: l, BindPort: wire.BindPort(l.Port)}))
	}
	for _, name := range change.GoneListeners {
		delete(c.hashes, name)
		c.set(listeners, name, nil)
	}
	for _, name := range change.GoneRoutes {
		c.set(routes, name, nil)
	}
	for _, pool := range change.GonePools {
		c.dropPool(pool)
	}
	for _, name := range change.GoneCertificates {
		c.set(certificates, name, nil)
	}
	c.published = lb
	if first {
		for s := range c.sessions {
			s.compare()
		}
	}
}

// setEndpoints stores the endpoints of a pool that the configuration names.
func (c *config) setEndpoints(pool string, changed []ir.ClusterEndpoints) {
	names := c.pools[pool]
	for _, e := range changed {
		name := wire.EndpointsName(pool, e.Cluster)
		if !e.Known {
			if _, told := names[name]; !told {
				names[name] = false
			}
			continue
		}
		names[name] = true
		c.set(endpoints, name, encode(endpoints, name, wire.Endpoints{Pool: pool, ClusterEndpoints: e}))
	}
}

// dropPool removes a pool that the configuration no longer names.
func (c *config) dropPool(pool string) {
	names := c.pools[pool]
	delete(c.pools, pool)
	for name := range names {
		c.set(endpoints, name, nil)
	}
}

// set stores a resource, or removes it if it is nil, and marks it in every
// session.
func (c *config) set(k kind, name string, r *discovery.Resource) {
	if r == nil {
		delete(c.resources[k], name)
	} else {
		c.resources[k][name] = r
	}
	for s := range c.sessions {
		s.mark(k, name)
	}
}

// unknown reports whether name stands for endpoints that cannot be told at
// present: a proxy that holds some from an earlier hub keeps them.
func (c *config) unknown(k kind, name string) bool {
	if k != endpoints || c.resources[k][name] != nil {
		return false
	}
	pool, _ := wire.SplitEndpointsName(name)
	_, named := c.pools[pool][name]
	return named
}

// forget drops the configuration and leaves the sessions silent.
func (c *config) forget() {
	c.clear()
	for s := range c.sessions {
		s.quiet()
	}
}

// wake tells every session's sender to look again.
func (c *config) wake() {
	for s := range c.sessions {
		select {
		case s.awake <- struct{}{}:
		default:
		}
	}
}
