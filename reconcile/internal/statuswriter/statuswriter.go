// Package statuswriter is the one writer of status. It takes wishes and writes
// them off the hot path: the latest of each wins, nothing is written that does
// not differ, and a conflict is tried again on the newer object.
package statuswriter

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
)

// Workers write at the same time.
const Workers = 8

// Writer writes statuses.
type Writer struct {
	// OnWritten, if set before Start, is told what a write changed.
	OnWritten func(before, after client.Object)

	client client.Client
	log    logr.Logger
	queue  priorityqueue.PriorityQueue[target]

	mu     sync.Mutex
	wishes map[target]map[string]wish
	// written are the resource versions of our last writes, until the cache
	// shows them: what it shows before that is no ground to leave a wish be.
	written map[target]string
	// paces are those of targets that were written lately.
	paces map[target]*rate.Limiter
}

type target struct {
	kind reflect.Type
	key  types.NamespacedName
}

// wish changes an object's status to what it should be.
type wish func(client.Object)

// New makes a Writer that reads from the client's cache.
func New(c client.Client, log logr.Logger) *Writer {
	return &Writer{
		client: c, log: log, wishes: map[target]map[string]wish{}, written: map[target]string{}, paces: map[target]*rate.Limiter{},
		queue: priorityqueue.New("status", func(o *priorityqueue.Opts[target]) {
			o.RateLimiter = workqueue.NewTypedItemExponentialFailureRateLimiter[target](5*time.Millisecond, 30*time.Second)
		}),
	}
}

// Wish asks for a status. The object says kind and key; change brings the
// status of the object that it is given to what it should be, and is called
// once or more. Of several wishes with the same part of an object, the latest
// wins; wishes with other parts all hold.
func Wish[T client.Object](w *Writer, object T, part string, change func(T)) {
	t := target{kind: reflect.TypeOf(object).Elem(), key: client.ObjectKeyFromObject(object)}
	w.mu.Lock()
	if w.wishes[t] == nil {
		w.wishes[t] = map[string]wish{}
	}
	w.wishes[t][part] = func(o client.Object) { change(o.(T)) }
	w.mu.Unlock()
	w.add(t, priorityqueue.AddOpts{})
}

func (w *Writer) add(t target, o priorityqueue.AddOpts) {
	o.Priority = ptr.To(t.priority())
	w.queue.AddWithOpts(o, t)
}

// Start writes until ctx is done.
func (w *Writer) Start(ctx context.Context) error {
	defer context.AfterFunc(ctx, w.queue.ShutDown)()
	var wg sync.WaitGroup
	for range Workers {
		wg.Go(func() {
			for w.next(ctx) {
			}
		})
	}
	wg.Wait()
	return nil
}

// NeedLeaderElection says that only the leader writes.
func (w *Writer) NeedLeaderElection() bool { return true }

func (w *Writer) next(ctx context.Context) bool {
	t, down := w.queue.Get()
	if down {
		return false
	}
	defer w.queue.Done(t)
	w.mu.Lock()
	wishes := w.wishes[t]
	delete(w.wishes, t)
	w.mu.Unlock()
	err := w.write(ctx, t, wishes)
	early, is := errors.AsType[*earlyError](err)
	switch {
	case err == nil:
		w.queue.Forget(t)
	case ctx.Err() != nil:
	case is:
		w.putBack(t, wishes)
		w.add(t, priorityqueue.AddOpts{After: early.wait})
	default:
		if !apierrors.IsConflict(err) && !errors.Is(err, errLate) {
			w.log.Error(err, "Status not written, will try again", "kind", t.kind.Name(), "object", t.key)
		}
		w.putBack(t, wishes)
		w.add(t, priorityqueue.AddOpts{RateLimited: true})
	}
	return true
}

// putBack keeps wishes for another try, unless newer ones have come.
func (w *Writer) putBack(t target, wishes map[string]wish) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wishes[t] == nil {
		w.wishes[t] = map[string]wish{}
	}
	for part, old := range wishes {
		if _, newer := w.wishes[t][part]; !newer {
			w.wishes[t][part] = old
		}
	}
}

func (w *Writer) write(ctx context.Context, t target, wishes map[string]wish) error {
	if len(wishes) == 0 {
		return nil
	}
	object := reflect.New(t.kind).Interface().(client.Object)
	if err := w.client.Get(ctx, t.key, object); apierrors.IsNotFound(err) {
		w.note(t, "")
		return nil
	} else if err != nil {
		return fmt.Errorf("read %s %s: %w", t.kind.Name(), t.key, err)
	}
	if w.late(t, object) {
		return errLate
	}
	before := object.DeepCopyObject().(client.Object)
	for _, change := range wishes {
		change(object)
	}
	if equality.Semantic.DeepEqual(before, object) {
		return nil
	}
	if err := w.pace(t, time.Now()); err != nil {
		return err
	}
	if err := w.client.Status().Update(ctx, object); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("write status of %s %s: %w", t.kind.Name(), t.key, err)
	} else if err == nil {
		w.note(t, object.GetResourceVersion())
		if w.OnWritten != nil {
			w.OnWritten(before, object)
		}
	}
	return nil
}

var errLate = errors.New("the cache does not show the last write yet")

// note remembers the version that was written, or forgets it.
func (w *Writer) note(t target, version string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if version == "" {
		delete(w.written, t)
	} else {
		w.written[t] = version
	}
}

// late reports whether the cache shows an object older than our last write.
func (w *Writer) late(t target, o client.Object) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	version, noted := w.written[t]
	if !noted {
		return false
	}
	if order, err := resourceversion.CompareResourceVersion(o.GetResourceVersion(), version); err == nil && order < 0 {
		return true
	}
	delete(w.written, t)
	return false
}
