package stream

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// ErrNotPublished says that endpoints were given for a pool that the
// published configuration does not name.
var ErrNotPublished = errors.New("the pool is not in the published configuration")

// maxStreams is how many streams one load balancer may have: far more than
// its proxies, few enough that a proxy gone wild does not exhaust the hub.
const maxStreams = 256

// Index holds the configuration of every load balancer. A Gateway that was
// made anew has another UID and thereby another Ref, and shares nothing with
// the one before. Its methods may be called from any goroutine.
type Index struct {
	changed func(providers.Ref)

	mu      sync.Mutex
	configs map[providers.Ref]*config
}

// NewIndex makes an empty index. It calls changed, which must not block,
// whenever the streams of a load balancer change: one came or went, or
// acknowledged listeners, or refused a resource or no longer does.
func NewIndex(changed func(providers.Ref)) *Index {
	return &Index{changed: changed, configs: map[providers.Ref]*config{}}
}

// Publish makes lb the configuration of ref. Pools that are new take their
// endpoints from source, and reach the proxies before the routes that name
// them. Proxies that connect for a ref get no answer before its first
// Publish. lb must not be changed afterwards.
func (x *Index) Publish(ref providers.Ref, lb *ir.LoadBalancer, source providers.EndpointSource) {
	x.mu.Lock()
	c := x.use(ref)
	if c.live {
		x.release(c)
	}
	c.live = true
	x.mu.Unlock()

	c.mu.Lock()
	defer c.mu.Unlock()
	c.publish(lb, source)
	c.wake()
}

// Published is the configuration of ref: nil before the first Publish and
// after Remove.
func (x *Index) Published(ref providers.Ref) *ir.LoadBalancer {
	c := x.find(ref)
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.published
}

// SetEndpoints brings the endpoints of a pool up to date in the clusters that
// changed. A cluster that is not Known keeps what it has. What does not
// differ is not sent. The error is ErrNotPublished.
func (x *Index) SetEndpoints(ref providers.Ref, pool string, changed []ir.ClusterEndpoints) error {
	c := x.find(ref)
	if c == nil {
		return fmt.Errorf("set endpoints of %s in pool %q: %w", ref, pool, ErrNotPublished)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.published == nil || c.pools[pool] == nil {
		return fmt.Errorf("set endpoints of %s in pool %q: %w", ref, pool, ErrNotPublished)
	}
	c.setEndpoints(pool, changed)
	c.wake()
	return nil
}

// Remove forgets the configuration of ref. Its streams stay and hear nothing
// more: proxies that are about to end serve until they do.
func (x *Index) Remove(ref providers.Ref) {
	x.mu.Lock()
	c := x.configs[ref]
	if c == nil || !c.live {
		x.mu.Unlock()
		return
	}
	c.live = false
	x.release(c)
	x.mu.Unlock()

	c.mu.Lock()
	defer c.mu.Unlock()
	c.forget()
}

// Streams are the streams of ref, sorted by node.
func (x *Index) Streams(ref providers.Ref) []Stream {
	c := x.find(ref)
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.streams()
}

// attach begins a stream.
func (x *Index) attach(ref providers.Ref, node string, now time.Time) (*session, error) {
	x.mu.Lock()
	c := x.use(ref)
	x.mu.Unlock()

	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sessions) >= maxStreams {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.release(c)
		return nil, fmt.Errorf("%s has %d streams already", ref, maxStreams)
	}
	s := newSession(c, node, now)
	c.sessions[s] = struct{}{}
	return s, nil
}

// detach ends a stream.
func (x *Index) detach(s *session) {
	s.config.mu.Lock()
	delete(s.config.sessions, s)
	s.config.mu.Unlock()

	x.mu.Lock()
	x.release(s.config)
	x.mu.Unlock()
	x.changed(s.config.ref)
}

// Refs are the load balancers that are published, in no order.
func (x *Index) Refs() []providers.Ref {
	x.mu.Lock()
	defer x.mu.Unlock()
	var all []providers.Ref
	for ref, c := range x.configs {
		if c.live {
			all = append(all, ref)
		}
	}
	return all
}

func (x *Index) find(ref providers.Ref) *config {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.configs[ref]
}

// use finds or makes ref's config and counts one more user of it. x.mu is
// held.
func (x *Index) use(ref providers.Ref) *config {
	c := x.configs[ref]
	if c == nil {
		c = newConfig(ref)
		x.configs[ref] = c
	}
	c.users++
	return c
}

// release drops a config that nobody uses any more: it has neither streams
// nor a configuration. x.mu is held.
func (x *Index) release(c *config) {
	if c.users--; c.users == 0 {
		delete(x.configs, c.ref)
	}
}
