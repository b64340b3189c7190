package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"
)

// refusals are the kinds that the hub does not let the user follow, each with
// what it said.
type refusals struct {
	mu  sync.Mutex
	why map[string]error
}

// heard notes how a request for a kind went, and reports whether that is news.
// What fails otherwise, such as for want of an answer, is tried again.
func (r *refusals) heard(kind string, err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, was := r.why[kind]
	switch {
	case err == nil:
		delete(r.why, kind)
		return was
	case !apierrors.IsForbidden(err) && !apierrors.IsUnauthorized(err):
		return false
	}
	if r.why == nil {
		r.why = map[string]error{}
	}
	r.why[kind] = err
	return !was
}

// err is a refusal, if there is one.
func (r *refusals) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, kind := range slices.Sorted(maps.Keys(r.why)) {
		return fmt.Errorf("changes cannot be followed: %w; --watch needs the rights to list and watch in all namespaces", r.why[kind])
	}
	return nil
}

// asker lists and watches one kind, and tells how that went.
type asker struct {
	toolscache.ListerWatcher
	with toolscache.ListerWatcherWithContext
	tell func(error)
}

func newAsker(lw toolscache.ListerWatcher, tell func(error)) *asker {
	return &asker{lw, toolscache.ToListerWatcherWithContext(lw), tell}
}

func (a *asker) ListWithContext(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
	list, err := a.with.ListWithContext(ctx, o)
	if err != nil {
		// That it may be read says nothing of whether it may be watched.
		a.tell(err)
	}
	return list, err
}

func (a *asker) WatchWithContext(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	w, err := a.with.WatchWithContext(ctx, o)
	a.tell(err)
	return w, err
}
