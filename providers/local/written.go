package local

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// unseen is how long something that was made may be missing from the cache.
// After that it counts as deleted by somebody before the cache ever saw it.
const unseen = 10 * time.Second

// written remembers what was done to objects, by id, until the cache shows
// it: a cache that is late would have the same thing done twice.
type written struct {
	clock clock.PassiveClock

	mu    sync.Mutex
	notes map[string]note
}

// note is what was done last to an object.
type note struct {
	// version is the resource version that it was written with.
	version string
	// made is when it was created; zero if it was there before.
	made time.Time
	// deleted is true when it was deleted, as the object with uid.
	deleted bool
	uid     types.UID
}

func newWritten(clock clock.PassiveClock) *written {
	return &written{clock: clock, notes: map[string]note{}}
}

// wrote notes that an object was written, and whether it was created.
func (w *written) wrote(id, version string, created bool) {
	n := note{version: version}
	if created {
		n.made = w.clock.Now()
	}
	w.put(id, n)
}

// deleted notes that the object with uid was deleted.
func (w *written) deleted(id string, uid types.UID) { w.put(id, note{deleted: true, uid: uid}) }

func (w *written) put(id string, n note) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notes[id] = n
}

// absent is how much longer an object that the cache does not show is to be
// taken for one that was made just now; 0 if it is not there.
func (w *written) absent(id string) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.notes[id]
	if left := unseen - w.clock.Since(n.made); !n.made.IsZero() && left > 0 {
		return left
	}
	delete(w.notes, id)
	return 0
}

// present reports whether o, as the cache shows it, is older than what was
// written, and whether it is about to go because it was deleted. The event
// that ends either wakes core.
func (w *written) present(id string, o client.Object) (late, leaving bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, noted := w.notes[id]
	if !noted {
		return false, o.GetDeletionTimestamp() != nil
	}
	if n.deleted && n.uid == o.GetUID() {
		return false, true
	}
	if order, err := resourceversion.CompareResourceVersion(o.GetResourceVersion(), n.version); err == nil && order < 0 {
		return true, o.GetDeletionTimestamp() != nil
	}
	delete(w.notes, id)
	return false, o.GetDeletionTimestamp() != nil
}
