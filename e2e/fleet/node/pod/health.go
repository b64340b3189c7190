package pod

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"fairway.dev/fairway/e2e/fleet/node/container"
	"fairway.dev/fairway/e2e/fleet/node/probe"
)

// sickness is why a container must be stopped while its pod stays.
type sickness struct {
	probe, message string
	grace          time.Duration
}

// watch starts the probes of one run: the startup probe first, the others once it has succeeded. They end with alive.
func (r *runner) watch(alive context.Context, process *container.Process, sick chan<- sickness) {
	target := &probe.Target{Address: r.w.address.String(), Container: r.spec, Exec: process.Exec}
	asker := func(p *corev1.Probe) func(context.Context) (bool, string) {
		return func(ctx context.Context) (bool, string) { return target.Once(ctx, p) }
	}
	report := func(kind string, p *corev1.Probe, message string) {
		grace := ptr.Deref(first(p.TerminationGracePeriodSeconds, r.w.shown().Spec.TerminationGracePeriodSeconds), corev1.DefaultTerminationGracePeriodSeconds)
		select {
		case sick <- sickness{kind, message, time.Duration(grace) * time.Second}:
		default: // it is being stopped already
		}
	}
	set := func(f func(*state)) {
		r.w.change(r.spec.Name, func(s *state) {
			if alive.Err() == nil && s.running != nil {
				f(s)
			}
		})
	}
	begin := func() {
		readiness := r.spec.ReadinessProbe
		set(func(s *state) { s.started, s.ready = true, readiness == nil })
		if readiness != nil {
			go probe.Watch(alive, readiness, true, asker(readiness), func(healthy bool, _ string) { set(func(s *state) { s.ready = healthy }) })
		}
		if liveness := r.spec.LivenessProbe; liveness != nil {
			go probe.Watch(alive, liveness, false, asker(liveness), func(healthy bool, message string) {
				if !healthy {
					report("liveness", liveness, message)
				}
			})
		}
	}
	startup := r.spec.StartupProbe
	if startup == nil {
		begin()
		return
	}
	starting, started := context.WithCancel(alive)
	go func() {
		defer started()
		probe.Watch(starting, startup, true, asker(startup), func(healthy bool, message string) {
			if healthy {
				begin()
			} else {
				report("startup", startup, message)
			}
			started()
		})
	}()
}
