// Package trigger feeds a controller's queue from code rather than from a
// watch.
package trigger

import (
	"context"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
)

// Source is a controller source whose keys come from Add. Its zero value is
// ready to use; keys added before the controller runs wait for it.
type Source[K comparable] struct {
	// Delay is how long a key waits in the queue, where further Adds of it
	// are one with it.
	Delay time.Duration

	mu      sync.Mutex
	queue   workqueue.TypedRateLimitingInterface[K]
	pending []K
}

// Start implements controller-runtime's TypedSource.
func (s *Source[K]) Start(_ context.Context, queue workqueue.TypedRateLimitingInterface[K]) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = queue
	for _, k := range s.pending {
		queue.AddAfter(k, s.Delay)
	}
	s.pending = nil
	return nil
}

// Add enqueues keys.
func (s *Source[K]) Add(keys ...K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queue == nil {
		s.pending = append(s.pending, keys...)
		return
	}
	for _, k := range keys {
		if s.Delay > 0 {
			s.queue.AddAfter(k, s.Delay)
		} else {
			s.queue.Add(k)
		}
	}
}

// String names the source in logs.
func (s *Source[K]) String() string { return "trigger" }
