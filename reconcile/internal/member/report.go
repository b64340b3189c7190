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
	log    logr.Logger
	queue  workqueue.TypedRateLimitingInterface[types.NamespacedName]

	mu     sync.Mutex
	wished map[types.NamespacedName][]metav1.Condition
}

func newReporter(c client.Client, log logr.Logger) *reporter {
	return &reporter{
		client: c,
		log:    log,
		queue: workqueue.NewTypedRateLimitingQueue(
			workqueue.NewTypedItemExponentialFailureRateLimiter[types.NamespacedName](100*time.Millisecond, time.Minute)),
		wished: map[types.NamespacedName][]metav1.Condition{},
	}
}

// wish has conditions written to an export; a later wish replaces it.
func (r *reporter) wish(export types.NamespacedName, conditions []metav1.Condition) {
	r.mu.Lock()
	r.wished[export] = conditions
	r.mu.Unlock()
	r.queue.Add(export)
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

// write merges the wished conditions into the export's status, if they
// differ. Other controllers' conditions stay.
func (r *reporter) write(ctx context.Context, name types.NamespacedName) error {
	r.mu.Lock()
	conditions := r.wished[name]
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	var cached mcsv1beta1.ServiceExport
	if err := r.client.Get(ctx, name, &cached); err != nil {
		r.forget(name)
		return client.IgnoreNotFound(err)
	}
	export := cached.DeepCopy()
	changed := false
	for _, c := range conditions {
		c.ObservedGeneration = export.Generation
		changed = meta.SetStatusCondition(&export.Status.Conditions, c) || changed
	}
	if changed {
		if err := r.client.Status().Update(ctx, export); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("write status of ServiceExport %s: %w", name, err)
		}
	}
	return nil
}

func (r *reporter) forget(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.wished, name)
}
