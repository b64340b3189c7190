package member

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
)

// syncTimeout is how long a member may take to have everything read.
const syncTimeout = 10 * time.Second

// watchErrors keeps why the last list or watch of each kind failed, and ends
// a sync early when waiting cannot help.
type watchErrors struct {
	mu    sync.Mutex
	last  map[string]error
	abort context.CancelFunc
}

func (w *watchErrors) handle(_ context.Context, r *toolscache.Reflector, err error) {
	if err == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last[r.TypeDescription()] = err
	if w.abort != nil && (apierrors.IsNotFound(err) || apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err)) {
		w.abort()
	}
}

func (w *watchErrors) of(k kind) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last[fmt.Sprintf("%T", k.object)]
}

// sync reads every kind, all at once, and says which could not be read and
// why.
func (w *watchErrors) sync(ctx context.Context, c cache.Cache) error {
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	w.mu.Lock()
	w.abort = cancel
	w.mu.Unlock()
	var wg sync.WaitGroup
	failed := make([]bool, len(kinds()))
	for i, k := range kinds() {
		wg.Go(func() {
			// GetInformer itself would not wait while the cache is only
			// about to start.
			informer, err := c.GetInformer(ctx, k.object, cache.BlockUntilSynced(false))
			failed[i] = err != nil || !toolscache.WaitForCacheSync(ctx.Done(), informer.HasSynced)
		})
	}
	wg.Wait()
	w.mu.Lock()
	w.abort = nil
	w.mu.Unlock()
	return w.explain(failed)
}

// explain words the failures. Kinds that only were cut short by another's
// failure go unmentioned.
func (w *watchErrors) explain(failed []bool) error {
	var known, unknown []error
	for i, k := range kinds() {
		if !failed[i] {
			continue
		}
		if err := w.of(k); err != nil {
			known = append(known, errors.New(notRead(k.resource, err)))
		} else {
			unknown = append(unknown, errors.New(notRead(k.resource, nil)))
		}
	}
	switch {
	case len(known) > 0:
		return known[0]
	case len(unknown) > 0:
		return unknown[0]
	}
	return nil
}
