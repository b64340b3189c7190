// Package watch keeps local copies of API objects for the fleet's node: client-go's reflector, with a retry delay that
// suits an API server which tests freeze, kill and restart.
package watch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/cache"
)

// Object is what a Cache holds: a pointer to an API type.
type Object interface {
	runtime.Object
	GetNamespace() string
	GetName() string
}

// Cache is a copy of all objects of one resource. Its objects are shared: they must not be changed.
type Cache[T Object] struct {
	resource string
	listener func(old, current T)
	synced   chan struct{}

	mu      sync.RWMutex
	objects map[string]T
}

// Start lists and watches a resource in all namespaces until ctx ends. The listener, which may be nil, is called for each
// change, one at a time and outside of the cache's lock: old is nil for a new object, current is nil for a deleted one.
// What was missed while the API server was away is found by comparing with the next list, so no deletion is lost.
func Start[T Object](ctx context.Context, client cache.Getter, resource string, example T, listener func(old, current T)) *Cache[T] {
	if listener == nil {
		listener = func(_, _ T) {}
	}
	c := &Cache[T]{resource: resource, listener: listener, synced: make(chan struct{}), objects: map[string]T{}}
	source := cache.ToListWatcherWithWatchListSemantics(
		cache.NewListWatchFromClient(client, resource, "", fields.Everything()), client)
	reflector := cache.NewReflectorWithOptions(source, example, store[T]{c}, cache.ReflectorOptions{
		Name: resource,
		// The default waits up to 30 s, long after a restarted API server is ready again.
		Backoff: &wait.Backoff{Duration: 50 * time.Millisecond, Factor: 2, Jitter: 0.2, Steps: 5, Cap: time.Second},
	})
	go reflector.RunWithContext(ctx)
	return c
}

// Wait returns when the first list has been received, or ctx ends.
func (c *Cache[T]) Wait(ctx context.Context) error {
	select {
	case <-c.synced:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the first list of %s: %w", c.resource, context.Cause(ctx))
	}
}

// Get returns one object, and whether it is there.
func (c *Cache[T]) Get(namespace, name string) (T, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	object, ok := c.objects[namespace+"/"+name]
	return object, ok
}

// List returns all objects, in no order.
func (c *Cache[T]) List() []T {
	c.mu.RLock()
	defer c.mu.RUnlock()
	list := make([]T, 0, len(c.objects))
	for _, object := range c.objects {
		list = append(list, object)
	}
	return list
}
