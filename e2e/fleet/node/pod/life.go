package pod

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"fairway.dev/fairway/e2e/fleet/node/network"
)

const (
	// retrySetup is the pause before network or volumes are tried again.
	retrySetup = 200 * time.Millisecond
	// renewal is how often volumes are written without a reason: tokens expire.
	renewal = 30 * time.Second
)

// run is the life of the pod.
func (w *Worker) run() {
	defer close(w.done)
	defer w.kill() // releases the contexts
	if over(w.latest()) {
		<-w.leaving.Done()
		w.remove()
		return
	}
	writing, stop := context.WithCancel(context.Background())
	var writer sync.WaitGroup
	writer.Go(func() { w.publish(writing) })
	if w.prepare() {
		w.contain()
	}
	w.cleanUp()
	w.learn(func(f *facts) { f.finished = true })
	<-w.leaving.Done()
	stop()
	writer.Wait()
	w.remove()
}

// over tells whether a pod has ended before this node came to know it.
func over(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// prepare makes network and volumes. It tries until it succeeds or the pod leaves.
func (w *Worker) prepare() bool {
	for w.leaving.Err() == nil {
		err := w.connect()
		if err == nil {
			w.learn(func(f *facts) { f.address = w.address })
			err = w.volumes.Write(w.leaving, w.shown())
		}
		if err == nil {
			return true
		}
		w.log.Info("cannot prepare the pod yet", "err", err)
		w.learn(func(f *facts) { f.problem = err.Error() })
		select {
		case <-time.After(retrySetup):
		case <-w.refresh:
		case <-w.leaving.Done():
		}
	}
	return false
}

// connect gives the pod its address and its network, unless it has them.
func (w *Worker) connect() error {
	pod := w.latest()
	if w.network != nil || w.address.IsValid() {
		return nil
	}
	if pod.Spec.HostNetwork {
		w.address = w.host.Address
		return nil
	}
	address, err := w.host.Addresses.Take()
	if err != nil {
		return err
	}
	sysctls := map[string]string{}
	if pod.Spec.SecurityContext != nil {
		for _, s := range pod.Spec.SecurityContext.Sysctls {
			sysctls[s.Name] = s.Value
		}
	}
	w.network, err = network.NewPod(address, w.host.Source, sysctls)
	if err != nil {
		w.host.Addresses.Release(address)
		return err
	}
	w.address = address
	return nil
}

// contain runs the containers: one init container after the other, then all others at the same time.
func (w *Worker) contain() {
	pod := w.latest()
	go w.keepVolumes()
	for i := range pod.Spec.InitContainers {
		c := &pod.Spec.InitContainers[i]
		if c.RestartPolicy != nil {
			w.change(c.Name, func(s *state) {
				s.setWaiting("CreateContainerConfigError", "the fleet's node knows no restart policy of single containers (sidecars)")
			})
			<-w.leaving.Done()
			return
		}
		if !(&runner{w: w, spec: c, init: true}).loop() {
			w.learn(func(f *facts) { f.initFailed = true })
			return
		}
	}
	w.learn(func(f *facts) { f.initialized = true })
	var all sync.WaitGroup
	for i := range pod.Spec.Containers {
		all.Go(func() { (&runner{w: w, spec: &pod.Spec.Containers[i]}).loop() })
	}
	all.Wait()
}

// keepVolumes brings the volumes up to date until the pod leaves.
func (w *Worker) keepVolumes() {
	for {
		wait := renewal
		select {
		case <-w.leaving.Done():
			return
		default:
		}
		if err := w.volumes.Write(w.leaving, w.shown()); err != nil && w.leaving.Err() == nil {
			w.log.Info("cannot bring volumes up to date", "err", err)
			wait = time.Second
		}
		select {
		case <-time.After(wait):
		case <-w.refresh:
		case <-w.leaving.Done():
			return
		}
	}
}

// cleanUp removes what the pod had on this machine.
func (w *Worker) cleanUp() {
	var err error
	if w.network != nil {
		err = w.network.Close()
		w.host.Addresses.Release(w.address)
	}
	if err := errors.Join(err, w.volumes.Remove(), os.RemoveAll(w.dir)); err != nil {
		w.log.Error("cannot clean up after the pod", "err", err)
	}
}
