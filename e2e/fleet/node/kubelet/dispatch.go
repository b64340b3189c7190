package kubelet

import (
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"fairway.dev/fairway/e2e/fleet/node/journal"
	"fairway.dev/fairway/e2e/fleet/node/pod"
)

// Dispatcher hands pods to workers on their nodes.
type Dispatcher struct {
	hosts map[string]*pod.Host

	mu      sync.Mutex
	workers map[types.UID]*entry
}

// entry is a pod that the API has. Its worker may have ended before it: finalizers may hold the object.
type entry struct {
	worker          *pod.Worker
	namespace, name string
}

// NewDispatcher serves the given nodes, by name.
func NewDispatcher(hosts map[string]*pod.Host) *Dispatcher {
	return &Dispatcher{hosts: hosts, workers: map[types.UID]*entry{}}
}

// PodChanged takes what a watch of pods saw: old is nil for a new pod, current for one that is gone.
func (d *Dispatcher) PodChanged(old, current *corev1.Pod) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if old != nil && (current == nil || current.UID != old.UID) {
		if e := d.workers[old.UID]; e != nil {
			e.worker.Vanish()
			delete(d.workers, old.UID)
		}
	}
	if current == nil {
		return
	}
	host := d.hosts[current.Spec.NodeName]
	if host == nil {
		return
	}
	if e := d.workers[current.UID]; e != nil {
		e.worker.Update(current)
		return
	}
	d.workers[current.UID] = &entry{pod.Start(host, current), current.Namespace, current.Name}
}

// ObjectChanged has the pods that show a Secret or ConfigMap (kind) read it anew.
func (d *Dispatcher) ObjectChanged(kind, namespace, name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.workers {
		if e.worker.Refers(kind, namespace, name) {
			e.worker.Refresh()
		}
	}
}

// journal finds a container's output. The first result tells whether there is such a pod.
func (d *Dispatcher) journal(namespace, name, container string, previous bool) (bool, *journal.Journal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.workers {
		if e.namespace == namespace && e.name == name {
			return true, e.worker.Journal(container, previous)
		}
	}
	return false, nil
}
