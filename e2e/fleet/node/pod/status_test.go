package pod

import (
	"net/netip"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"fairway.dev/fairway/e2e/fleet/node/container"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func known(states map[string]*state) *facts {
	return &facts{
		host: netip.MustParseAddr("10.192.0.11"), address: netip.MustParseAddr("10.64.1.1"), began: metav1.NewTime(epoch), states: states,
	}
}

func twoContainers() *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Generation: 3}}
	p.Spec.Containers = []corev1.Container{{Name: "a", Image: "i:1"}, {Name: "b", Image: "i:1"}}
	return p
}

func up(ready bool) *state {
	s := &state{}
	s.setRunning(epoch, "fleet://1")
	s.started, s.ready = true, ready
	return s
}

func down(code int) *state {
	s := up(true)
	s.setTerminated(container.Exit{Code: code, At: epoch.Add(time.Second)}, "last words")
	return s
}

func holds(t *testing.T, s corev1.PodStatus, kind corev1.PodConditionType) corev1.PodCondition {
	t.Helper()
	for _, c := range s.Conditions {
		if c.Type == kind {
			if c.ObservedGeneration != 3 {
				t.Errorf("condition %s observed generation %d", kind, c.ObservedGeneration)
			}
			return c
		}
	}
	t.Fatalf("no condition %s", kind)
	return corev1.PodCondition{}
}

func TestPhases(t *testing.T) {
	waiting := down(1)
	waiting.setWaiting("CrashLoopBackOff", "")
	for name, c := range map[string]struct {
		states   map[string]*state
		finished bool
		phase    corev1.PodPhase
		ready    string
	}{
		"nothing yet":        {nil, false, corev1.PodPending, "ContainersNotReady"},
		"one of two":         {map[string]*state{"a": up(true)}, false, corev1.PodPending, "ContainersNotReady"},
		"running, unready":   {map[string]*state{"a": up(true), "b": up(false)}, false, corev1.PodRunning, "ContainersNotReady"},
		"ready":              {map[string]*state{"a": up(true), "b": up(true)}, false, corev1.PodRunning, ""},
		"crashing":           {map[string]*state{"a": up(true), "b": waiting}, false, corev1.PodRunning, "ContainersNotReady"},
		"succeeded":          {map[string]*state{"a": down(0), "b": down(0)}, true, corev1.PodSucceeded, "PodCompleted"},
		"failed":             {map[string]*state{"a": down(0), "b": down(2)}, true, corev1.PodFailed, "PodFailed"},
		"ended, not all yet": {map[string]*state{"a": down(0), "b": up(true)}, false, corev1.PodRunning, "ContainersNotReady"},
		"never started":      {nil, true, corev1.PodFailed, "PodFailed"},
	} {
		f := known(c.states)
		f.initialized, f.finished = true, c.finished
		s := f.status(twoContainers(), metav1.NewTime(epoch))
		if s.Phase != c.phase {
			t.Errorf("%s: phase %s, want %s", name, s.Phase, c.phase)
		}
		if got := holds(t, s, corev1.PodReady); got.Reason != c.ready || (got.Status == corev1.ConditionTrue) != (c.ready == "") {
			t.Errorf("%s: ready %+v", name, got)
		}
	}
}

func TestStatusKeepsWhatOthersWrote(t *testing.T) {
	p := twoContainers()
	p.Spec.ReadinessGates = []corev1.PodReadinessGate{{ConditionType: "example.com/gate"}}
	earlier := metav1.NewTime(epoch.Add(-time.Hour))
	p.Status.Conditions = []corev1.PodCondition{
		{Type: "example.com/gate", Status: corev1.ConditionFalse},
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: earlier},
		{Type: corev1.ContainersReady, Status: corev1.ConditionTrue, LastTransitionTime: earlier},
	}
	f := known(map[string]*state{"a": up(true), "b": up(true)})
	f.initialized = true
	s := f.status(p, metav1.NewTime(epoch))
	if len(s.Conditions) != 6 || s.PodIP != "10.64.1.1" || s.HostIP != "10.192.0.11" || !s.StartTime.Time.Equal(epoch) {
		t.Errorf("status %+v", s)
	}
	if c := holds(t, s, corev1.ContainersReady); c.LastTransitionTime != earlier {
		t.Errorf("transition time %v of an unchanged condition", c.LastTransitionTime)
	}
	if c := holds(t, s, corev1.PodReady); c.Reason != "ReadinessGatesNotReady" {
		t.Errorf("closed gate: %+v", c)
	}
	p.Status.Conditions[0].Status = corev1.ConditionTrue
	if c := holds(t, f.status(p, metav1.NewTime(epoch)), corev1.PodReady); c.Status != corev1.ConditionTrue {
		t.Errorf("open gate: %+v", c)
	}
}

func TestContainerStates(t *testing.T) {
	c, creating := &corev1.Container{Name: "a"}, corev1.ContainerStateWaiting{Reason: "ContainerCreating"}
	s := &state{}
	if got := s.status(c, creating); got.State.Waiting == nil || got.State.Waiting.Reason != "ContainerCreating" {
		t.Errorf("new container: %+v", got.State)
	}
	s.setRunning(epoch, "fleet://1")
	s.setTerminated(container.Exit{Code: 137, Signal: 9, At: epoch}, "bye")
	if got := s.status(c, creating); got.State.Terminated == nil || got.State.Terminated.Reason != "Error" || got.State.Terminated.Message != "bye" {
		t.Errorf("ended container: %+v", got.State)
	}
	s.setWaiting("CrashLoopBackOff", "")
	s.setRunning(epoch, "fleet://2")
	got := s.status(c, creating)
	if got.RestartCount != 1 || got.State.Running == nil || got.LastTerminationState.Terminated.ExitCode != 137 {
		t.Errorf("restarted container: %+v", got)
	}
}
