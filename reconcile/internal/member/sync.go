package member

import (
	"context"
	"errors"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
)

// syncTimeout is how long a member may take to have everything read.
const syncTimeout = 10 * time.Second

// watchErrors keeps why the last list or watch of each kind failed, and tells
// of a denial at once, because waiting cannot help: it ends a sync early, and
// later calls what onDenial was given.
type watchErrors struct {
	mu     sync.Mutex
	last   map[string]error
	denied func(kind string)
}

// isDenial tells errors that stay until somebody changes the member: the
// credentials, their rights, or a definition that is missing.
func isDenial(err error) bool {
	return apierrors.IsNotFound(err) || apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err)
}

func (w *watchErrors) handle(_ context.Context, r *toolscache.Reflector, err error) {
	if err == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last[r.TypeDescription()] = err
	if w.denied != nil && isDenial(err) {
		w.denied(r.TypeDescription())
	}
}

// onDenial has f called with the kind of every denial from now on; nil for none.
func (w *watchErrors) onDenial(f func(kind string)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.denied = f
}

// forget forgets why a kind failed. Its reflector says it again if need be.
func (w *watchErrors) forget(k kind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.last, k.name())
}

func (w *watchErrors) of(k kind) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last[k.name()]
}

// sync reads every kind, all at once, and says which could not be read and
// why. Nodes may be missing afterwards: they are followed as soon as they can.
func (c *connection) sync(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	withNodes, giveUpNodes := context.WithCancel(ctx)
	defer giveUpNodes()
	c.errors.onDenial(func(kind string) {
		if kind == nodeKind.name() {
			giveUpNodes()
		} else {
			cancel()
		}
	})
	defer c.errors.onDenial(nil)
	go c.nodes.RunWithContext(c.ctx)
	var wg sync.WaitGroup
	wg.Go(func() { toolscache.WaitForCacheSync(withNodes.Done(), c.nodes.HasSynced) })
	failed := make([]bool, len(kinds()))
	for i, k := range kinds() {
		wg.Go(func() {
			// GetInformer itself would not wait while the cache is only
			// about to start.
			informer, err := c.cluster.GetCache().GetInformer(ctx, k.object, cache.BlockUntilSynced(false))
			failed[i] = err != nil || !toolscache.WaitForCacheSync(ctx.Done(), informer.HasSynced)
		})
	}
	wg.Wait()
	return c.errors.explain(failed)
}

// explain words the failures: a denial, or else one whose cause is known.
// Kinds that only were cut short by another's failure go unmentioned.
func (w *watchErrors) explain(failed []bool) error {
	for _, k := range kinds() {
		if err := w.of(k); isDenial(err) {
			return errors.New(notRead(k.resource, err))
		}
	}
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
