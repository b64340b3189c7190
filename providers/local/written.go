package local

import (
	"sync"

	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// written remembers the resource versions of objects that were just written,
// by id, until the cache shows them: a cache that is late would have the same
// thing written twice.
type written struct {
	mu       sync.Mutex
	versions map[string]string
}

func (w *written) note(id, version string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.versions[id] = version
}

func (w *written) forget(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.versions, id)
}

// late reports whether o, as the cache shows it, is older than what was
// written. The event that ends it wakes core.
func (w *written) late(id string, o client.Object) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	version, noted := w.versions[id]
	if !noted {
		return false
	}
	if order, err := resourceversion.CompareResourceVersion(o.GetResourceVersion(), version); err == nil && order < 0 {
		return true
	}
	delete(w.versions, id)
	return false
}
