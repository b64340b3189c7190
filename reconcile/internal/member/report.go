package member

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// writeTimeout is how long one write to a member may take.
const writeTimeout = 5 * time.Second

// reporter writes conditions to one member's ServiceExports. Every member has
// its own, so that one that hangs holds up nobody else's.
type reporter struct {
	client client.Client
	// live reads past the cache.
	live  client.Reader
	log   logr.Logger
	queue workqueue.TypedRateLimitingInterface[types.NamespacedName]

	mu     sync.Mutex
	wished map[types.NamespacedName]*wish
	// leaving is made when everything is to be taken back, and closed once it
	// is.
	leaving chan struct{}
}

// wish is what one export is to say.
type wish struct{ conditions []metav1.Condition }

func newReporter(c client.Client, live client.Reader, log logr.Logger) *reporter {
	return &reporter{
		client: c,
		live:   live,
		log:    log,
		queue: workqueue.NewTypedRateLimitingQueue(
			workqueue.NewTypedItemExponentialFailureRateLimiter[types.NamespacedName](100*time.Millisecond, time.Minute)),
		wished: map[types.NamespacedName]*wish{},
	}
}

// wish has conditions written to an export; a later wish replaces it.
func (r *reporter) wish(export types.NamespacedName, conditions []metav1.Condition) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.leaving != nil {
		return
	}
	r.wished[export] = &wish{conditions}
	r.queue.Add(export)
}

// takeBack removes from the exports what was wished for, in as much as it
// still stands there, and returns once that is done or ctx ends. Later wishes
// count for nothing. It is called once.
func (r *reporter) takeBack(ctx context.Context) {
	r.mu.Lock()
	r.leaving = make(chan struct{})
	if len(r.wished) == 0 {
		close(r.leaving)
	}
	for export := range r.wished {
		r.queue.Add(export)
	}
	r.mu.Unlock()
	select {
	case <-r.leaving:
	case <-ctx.Done():
	}
}

// run writes what is wished until ctx ends.
func (r *reporter) run(ctx context.Context) {
	context.AfterFunc(ctx, r.queue.ShutDown)
	for {
		export, shutdown := r.queue.Get()
		if shutdown {
			return
		}
		err := r.write(ctx, export)
		if err == nil || ctx.Err() != nil {
			r.queue.Forget(export)
		} else {
			if !apierrors.IsConflict(err) {
				r.log.Error(err, "Conditions not written to the member", "export", export)
			}
			r.queue.AddRateLimited(export)
		}
		r.queue.Done(export)
	}
}

// write merges the wished conditions into the export's status, or takes them
// back, if that changes it. Other controllers' conditions stay.
func (r *reporter) write(ctx context.Context, name types.NamespacedName) error {
	r.mu.Lock()
	wished, leaving := r.wished[name], r.leaving != nil
	r.mu.Unlock()
	if wished == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	reader := client.Reader(r.client)
	if leaving {
		// The cache may not show yet what was just written.
		reader = r.live
	}
	var present mcsv1beta1.ServiceExport
	if err := reader.Get(ctx, name, &present); apierrors.IsNotFound(err) {
		r.forget(name, wished)
		return nil
	} else if err != nil {
		return fmt.Errorf("read ServiceExport %s: %w", name, err)
	}
	export := present.DeepCopy()
	changed := false
	for _, c := range wished.conditions {
		if leaving {
			changed = removeSame(&export.Status.Conditions, c) || changed
			continue
		}
		c.ObservedGeneration = export.Generation
		changed = meta.SetStatusCondition(&export.Status.Conditions, c) || changed
	}
	if changed {
		if err := r.client.Status().Update(ctx, export); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("write status of ServiceExport %s: %w", name, err)
		}
	}
	if leaving {
		r.forget(name, wished)
	}
	return nil
}

// removeSame removes a condition that says what c does, and reports whether
// there was one.
func removeSame(all *[]metav1.Condition, c metav1.Condition) bool {
	present := meta.FindStatusCondition(*all, c.Type)
	if present == nil || present.Status != c.Status || present.Reason != c.Reason || present.Message != c.Message {
		return false
	}
	return meta.RemoveStatusCondition(all, c.Type)
}

// forget drops what was wished for an export, unless a later wish has come.
func (r *reporter) forget(name types.NamespacedName, old *wish) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wished[name] != old {
		return
	}
	delete(r.wished, name)
	if r.leaving != nil && len(r.wished) == 0 {
		close(r.leaving)
	}
}
