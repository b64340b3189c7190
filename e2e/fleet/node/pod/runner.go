package pod

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"

	"fairway.dev/fairway/e2e/fleet/node/container"
	"fairway.dev/fairway/e2e/fleet/node/journal"
)

const (
	// firstPause is how long a container that ended waits before it starts again; each pause is twice the last.
	firstPause = 100 * time.Millisecond
	// longestPause limits the pauses.
	longestPause = 10 * time.Second
	// goodRun is how long a container must run for its pauses to begin anew.
	goodRun = 10 * time.Second
	// longestConfigPause limits the pauses of a container whose specification cannot be met yet.
	longestConfigPause = time.Second
	// logLimit is how much output of one run is kept, in bytes.
	logLimit = 4 << 20
)

// runner runs one container of a pod, again and again as the restart policy says.
type runner struct {
	w    *Worker
	spec *corev1.Container
	init bool
}

// loop runs the container until it need not run again, or the pod leaves. It tells whether the container ended well.
func (r *runner) loop() bool {
	pause := firstPause
	for {
		began := time.Now()
		exit, err := r.once()
		limit, reason, message := longestPause, "CrashLoopBackOff", ""
		var rejected *reject
		switch {
		case errors.As(err, &rejected):
			limit, reason, message = longestConfigPause, rejected.reason, rejected.message
		case err != nil:
			reason, message = "RunContainerError", err.Error()
		case exit.Code == 0 && (r.init || !r.always()), !r.restarts():
			return exit.Code == 0
		}
		if r.w.leaving.Err() != nil {
			return false
		}
		if time.Since(began) >= goodRun {
			pause = firstPause
		}
		pause = min(pause, limit)
		if message == "" {
			message = fmt.Sprintf("back-off %s restarting failed container=%s pod=%s_%s", pause, r.spec.Name, r.w.name, r.w.namespace)
		}
		r.w.change(r.spec.Name, func(s *state) { s.setWaiting(reason, message) })
		select {
		case <-time.After(pause):
		case <-r.w.leaving.Done():
			return false
		}
		pause *= 2
	}
}

func (r *runner) always() bool { return r.w.restartPolicy == corev1.RestartPolicyAlways }

// restarts tells whether a container that failed runs again.
func (r *runner) restarts() bool { return r.w.restartPolicy != corev1.RestartPolicyNever }

// once runs the container to its end. An error says that it did not start.
func (r *runner) once() (container.Exit, error) {
	log := journal.New(logLimit)
	process, err := r.start(log)
	if err != nil {
		return container.Exit{}, err
	}
	r.w.running(r.spec.Name, process, log)
	// A probe that is answered late must not speak for the container's next run.
	alive, cancel := context.WithCancel(context.Background())
	defer cancel()
	sick := make(chan sickness, 1)
	r.watch(alive, process, sick)
	select {
	case <-process.Done():
	case <-r.w.leaving.Done():
		r.stop(process, r.w.killing)
	case s := <-sick:
		r.w.log.Info("stopping an unhealthy container", "container", r.spec.Name, "probe", s.probe, "message", s.message)
		grace, cancel := context.WithTimeout(r.w.killing, s.grace)
		r.stop(process, grace)
		cancel()
	}
	exit := process.Exit()
	log.Close()
	message := lastWords(r.w.terminationLog(r.spec), r.spec, exit, log)
	r.w.change(r.spec.Name, func(s *state) { s.setTerminated(exit, message) })
	return exit, nil
}

// start begins one run whose output goes to the journal.
func (r *runner) start(log *journal.Journal) (*container.Process, error) {
	spec, err := r.w.specify(r.w.leaving, r.w.shown(), r.spec)
	if err != nil {
		return nil, err
	}
	var namespace *os.File
	if r.w.network != nil {
		if namespace, err = r.w.network.File(); err != nil {
			return nil, err
		}
		defer namespace.Close() //nolint:errcheck // a namespace has nothing to flush
	}
	return container.Start(spec, namespace, log.Writer(), log.Writer())
}

// stop ends a process: its preStop hook, then SIGTERM, and SIGKILL when the grace is over.
func (r *runner) stop(process *container.Process, grace context.Context) {
	if hook := r.spec.Lifecycle; hook != nil && hook.PreStop != nil && grace.Err() == nil {
		if err := r.beforeStop(grace, process, hook.PreStop); err != nil {
			r.w.log.Info("a preStop hook failed", "container", r.spec.Name, "err", err)
		}
	}
	process.AwaitHandler(grace, syscall.SIGTERM)
	r.signal(process, false)
	select {
	case <-process.Done():
	case <-grace.Done():
		r.signal(process, true)
		<-process.Done()
	}
}

// newID is a container id as status shows it.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	return "fleet://" + hex.EncodeToString(b[:])
}
