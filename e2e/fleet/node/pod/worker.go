package pod

import (
	"context"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"fairway.dev/fairway/e2e/fleet/node/container"
	"fairway.dev/fairway/e2e/fleet/node/journal"
	"fairway.dev/fairway/e2e/fleet/node/network"
	"fairway.dev/fairway/e2e/fleet/node/volume"
)

// Worker runs one pod. Its methods may be called from anywhere and do not block.
type Worker struct {
	host            *Host
	log             *slog.Logger
	namespace, name string
	uid             types.UID
	restartPolicy   corev1.RestartPolicy
	dir             string
	volumes         *volume.Set

	// leaving ends when the pod is to end; killing when its grace is over, too.
	leaving, killing context.Context
	leave, kill      context.CancelFunc

	refresh, dirty chan struct{}
	done           chan struct{}

	// Set once by the worker's own goroutine, before any container starts.
	address netip.Addr
	network *network.Pod // nil on the node's network

	mu       sync.Mutex
	pod      *corev1.Pod // the newest that is known; shared, never changed
	gone     bool        // the API has no such pod any more
	killer   *time.Timer
	deadline time.Time
	facts    facts
	outputs  map[string]output
}

// Start runs a pod that was assigned to the host.
func Start(host *Host, pod *corev1.Pod) *Worker {
	w := &Worker{
		host: host, log: host.Log.With("pod", pod.Namespace+"/"+pod.Name), namespace: pod.Namespace, name: pod.Name, uid: pod.UID,
		restartPolicy: pod.Spec.RestartPolicy, dir: filepath.Join(host.State, "pods", string(pod.UID)),
		refresh: make(chan struct{}, 1), dirty: make(chan struct{}, 1), done: make(chan struct{}),
		pod: pod, outputs: map[string]output{},
		facts: facts{host: host.Address, began: metav1.Now(), states: map[string]*state{}},
	}
	w.volumes = volume.NewSet(host.Volumes, filepath.Join(w.dir, "volumes"))
	w.killing, w.kill = context.WithCancel(context.Background())
	w.leaving, w.leave = context.WithCancel(w.killing)
	w.notice(pod)
	go w.run()
	return w
}

// Update tells the worker what its pod looks like now.
func (w *Worker) Update(pod *corev1.Pod) {
	w.accept(pod)
	w.notice(pod)
	w.Refresh() // labels and annotations show in volumes
	signal(w.dirty)
}

// Refresh has the volumes written anew: something that they show is not what it was.
func (w *Worker) Refresh() { signal(w.refresh) }

// Refers tells whether the pod's volumes show a Secret or ConfigMap.
func (w *Worker) Refers(kind, namespace, name string) bool {
	return namespace == w.namespace && volume.RefersTo(w.latest(), kind, name)
}

// Vanish says that the API has no such pod any more: what is left of it ends at once.
func (w *Worker) Vanish() {
	w.mu.Lock()
	w.gone = true
	w.mu.Unlock()
	w.kill()
}

// Done is closed when nothing of the pod is left, neither here nor in the API.
func (w *Worker) Done() <-chan struct{} { return w.done }

// Journal is the output of a container's present run, or of the one before it. Nil means that there is none.
func (w *Worker) Journal(container string, previous bool) *journal.Journal {
	w.mu.Lock()
	defer w.mu.Unlock()
	if previous {
		return w.outputs[container].previous
	}
	return w.outputs[container].current
}

// notice starts the pod's end, or brings it closer, when it was deleted.
func (w *Worker) notice(pod *corev1.Pod) {
	if pod.DeletionTimestamp == nil {
		return
	}
	grace := time.Duration(0)
	if pod.DeletionGracePeriodSeconds != nil {
		grace = time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second
	}
	deadline := time.Now().Add(grace)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.killer == nil:
		w.killer, w.deadline = time.AfterFunc(grace, w.kill), deadline
	case deadline.Before(w.deadline):
		w.killer.Reset(grace)
		w.deadline = deadline
	}
	w.leave()
}

// latest is the newest known pod.
func (w *Worker) latest() *corev1.Pod {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pod
}

// shown is the pod as its own containers see it: the newest known, with the addresses that this worker gave it.
func (w *Worker) shown() *corev1.Pod {
	pod := w.latest().DeepCopy()
	pod.Status.HostIP = w.host.Address.String()
	pod.Status.PodIP = w.address.String()
	pod.Status.PodIPs = []corev1.PodIP{{IP: w.address.String()}}
	return pod
}

// change applies what happened to a container.
func (w *Worker) change(container string, f func(*state)) {
	w.mu.Lock()
	s := w.facts.states[container]
	if s == nil {
		s = &state{}
		w.facts.states[container] = s
	}
	f(s)
	w.mu.Unlock()
	signal(w.dirty)
}

// running records that a container has started.
func (w *Worker) running(name string, process *container.Process, log *journal.Journal) {
	w.mu.Lock()
	w.outputs[name] = output{current: log, previous: w.outputs[name].current}
	w.mu.Unlock()
	w.change(name, func(s *state) { s.setRunning(process.Started, newID()) })
}

// learn changes what is known of the pod as a whole.
func (w *Worker) learn(f func(*facts)) {
	w.mu.Lock()
	f(&w.facts)
	w.mu.Unlock()
	signal(w.dirty)
}

// signal leaves a note for a goroutine that may be busy.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
