package pod

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	podutil "k8s.io/kubernetes/pkg/util/pod"
)

// retryWrite is the pause after the API has not taken a status or a deletion.
const retryWrite = 200 * time.Millisecond

// publish writes the status after each change until ctx ends. A write that has begun is finished.
func (w *Worker) publish(ctx context.Context) {
	for {
		select {
		case <-w.dirty:
		case <-ctx.Done():
			return
		}
		if w.write() {
			continue
		}
		select {
		case <-time.After(retryWrite):
			signal(w.dirty)
		case <-ctx.Done():
			return
		}
	}
}

// write brings the API's status of the pod in line with the facts and tells whether that is done.
func (w *Worker) write() bool {
	w.mu.Lock()
	pod, gone := w.pod, w.gone
	wished := w.facts.status(pod, metav1.Now())
	w.mu.Unlock()
	if gone || apiequality.Semantic.DeepEqual(pod.Status, wished) {
		return true
	}
	updated, _, _, err := podutil.PatchPodStatus(context.Background(), w.host.Client, w.namespace, w.name, w.uid, pod.Status, wished)
	if err != nil { // that of a pod that is gone, too: the watch will tell
		w.log.Debug("cannot write the status yet", "err", err)
		return false
	}
	if updated != nil {
		w.accept(updated)
	}
	return true
}

// remove writes the last status and deletes the pod from the API, for good, once nothing of it is left here.
func (w *Worker) remove() {
	now := metav1.NewDeleteOptions(0)
	now.Preconditions = metav1.NewUIDPreconditions(string(w.uid))
	told := over(w.latest())
	for !w.isGone() {
		told = told || w.write()
		if told {
			err := w.host.Client.CoreV1().Pods(w.namespace).Delete(context.Background(), w.name, *now)
			if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
				return
			}
			w.log.Debug("cannot delete the pod yet", "err", err)
		}
		<-time.After(retryWrite)
	}
}

func (w *Worker) isGone() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.gone
}

// accept remembers a pod unless a newer one is known: answers to writes and the watch overtake each other.
func (w *Worker) accept(pod *corev1.Pod) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if order, err := resourceversion.CompareResourceVersion(pod.ResourceVersion, w.pod.ResourceVersion); err != nil || order > 0 {
		w.pod = pod
	}
}
