// Package upstream keeps the endpoints of every pool and chooses among them.
package upstream

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"fairway.dev/fairway/providers/ir"
)

// Pools are the endpoints of every pool, by the pool's name. Choosing takes
// no lock; a change costs the endpoints of its own pool.
type Pools struct {
	byName sync.Map // string -> *pool
	mu     sync.Mutex

	random func(n int) int
	now    func() time.Time
}

// NewPools makes an empty set of pools.
func NewPools() *Pools {
	return &Pools{random: rand.IntN, now: time.Now}
}

// pool is one pool. Its endpoints are those of all its clusters together.
type pool struct {
	parts []part // by cluster, under Pools.mu
	// serving are the endpoints to choose from: those that serve, or, when
	// all of these are terminating, the terminating ones.
	serving atomic.Pointer[[]*Endpoint]
}

// part is what one cluster gives to a pool.
type part struct {
	cluster   string
	endpoints []*Endpoint
}

// SetEndpoints replaces what one cluster gives to a pool. A cluster that is
// not Known keeps what it has. A list with an invalid endpoint is refused as
// a whole.
func (p *Pools) SetEndpoints(name string, e ir.ClusterEndpoints) error {
	if !e.Known {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	v, _ := p.byName.Load(name)
	target, _ := v.(*pool)
	if target == nil {
		target = &pool{}
	}
	i := target.find(e.Cluster)
	var before []*Endpoint
	if i >= 0 {
		before = target.parts[i].endpoints
	}
	endpoints, err := merge(e, before)
	if err != nil {
		return err
	}
	if i < 0 {
		target.parts = append(target.parts, part{e.Cluster, endpoints})
	} else {
		target.parts[i].endpoints = endpoints
	}
	target.store()
	p.byName.Store(name, target)
	return nil
}

// RemoveEndpoints forgets what one cluster gives to a pool.
func (p *Pools) RemoveEndpoints(name, cluster string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, ok := p.byName.Load(name)
	if !ok {
		return
	}
	target := v.(*pool)
	if i := target.find(cluster); i >= 0 {
		target.parts = slices.Delete(target.parts, i, i+1)
	}
	target.store()
	if len(target.parts) == 0 {
		p.byName.Delete(name)
	}
}

// find is where a cluster's part is, or -1.
func (p *pool) find(cluster string) int {
	return slices.IndexFunc(p.parts, func(of part) bool { return of.cluster == cluster })
}

// merge makes a cluster's endpoints, and keeps what is known about those that
// it had before.
func merge(e ir.ClusterEndpoints, before []*Endpoint) ([]*Endpoint, error) {
	known := make(map[string]*Endpoint, len(before))
	for _, b := range before {
		known[b.Address] = b
	}
	out := make([]*Endpoint, 0, len(e.Endpoints))
	for _, from := range e.Endpoints {
		ip, err := netip.ParseAddr(from.Address)
		if err != nil || from.Port == 0 {
			return nil, fmt.Errorf("%s:%d is not an endpoint's address", from.Address, from.Port)
		}
		address := netip.AddrPortFrom(ip, from.Port).String()
		endpoint := &Endpoint{Cluster: e.Cluster, Address: address, serving: from.Serving, terminating: from.Terminating}
		endpoint.state = &state{}
		if b := known[address]; b != nil {
			endpoint.state = b.state
		}
		out = append(out, endpoint)
	}
	return out, nil
}

// store makes the clusters' present endpoints the ones to choose from.
func (p *pool) store() {
	var serving, terminating []*Endpoint
	for _, of := range p.parts {
		for _, e := range of.endpoints {
			switch {
			case e.serving && !e.terminating:
				serving = append(serving, e)
			case e.serving:
				terminating = append(terminating, e)
			}
		}
	}
	if len(serving) == 0 {
		serving = terminating
	}
	p.serving.Store(&serving)
}

// Choose picks an endpoint of a pool: of two at random, the one with fewer
// requests in flight. Those in tried are not picked again, and those that
// lately refused a connection only when there is no other. It gives nil when
// nothing is left to pick.
func (p *Pools) Choose(name string, tried ...*Endpoint) *Endpoint {
	v, ok := p.byName.Load(name)
	if !ok {
		return nil
	}
	from := *v.(*pool).serving.Load()
	if len(from) == 0 {
		return nil
	}
	start := p.random(len(from))
	best := from[start]
	if len(from) > 1 {
		other := from[(start+1+p.random(len(from)-1))%len(from)]
		if other.inFlight.Load() < best.inFlight.Load() {
			best = other
		}
	}
	if !best.avoided(p.now) && !slices.Contains(tried, best) {
		return best
	}
	return p.scan(from, start, tried)
}

// scan is the slow way to choose, around an endpoint that is in trouble.
func (p *Pools) scan(from []*Endpoint, start int, tried []*Endpoint) *Endpoint {
	var last *Endpoint
	for i := range from {
		e := from[(start+i)%len(from)]
		if slices.Contains(tried, e) {
			continue
		}
		if !e.avoided(p.now) {
			return e
		}
		last = e
	}
	return last
}
