package pod

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// facts are all that a pod's status is computed from, but the pod itself.
type facts struct {
	host, address netip.Addr // the address is invalid before the network is there
	began         metav1.Time
	problem       string // why network or volumes are not there yet
	initialized   bool   // all init containers have succeeded
	initFailed    bool   // one has failed for good
	finished      bool   // nothing runs any more, and nothing will
	states        map[string]*state
}

// status is the status that the API should show. What others wrote into the present one (conditions of their own) is kept.
func (f *facts) status(pod *corev1.Pod, now metav1.Time) corev1.PodStatus {
	s := *pod.Status.DeepCopy()
	s.ObservedGeneration = pod.Generation
	s.HostIP, s.HostIPs = f.host.String(), []corev1.HostIP{{IP: f.host.String()}}
	if s.StartTime == nil {
		s.StartTime = &f.began
	}
	if f.address.IsValid() {
		s.PodIP, s.PodIPs = f.address.String(), []corev1.PodIP{{IP: f.address.String()}}
	}
	waiting := corev1.ContainerStateWaiting{Reason: "ContainerCreating", Message: f.problem}
	s.InitContainerStatuses = f.statuses(pod.Spec.InitContainers, waiting)
	if len(pod.Spec.InitContainers) > 0 && !f.initialized {
		waiting.Reason = "PodInitializing"
	}
	s.ContainerStatuses = f.statuses(pod.Spec.Containers, waiting)
	s.Phase = f.phase(pod, s.ContainerStatuses)
	for i := range s.InitContainerStatuses { // one that has succeeded is ready
		t := s.InitContainerStatuses[i].State.Terminated
		s.InitContainerStatuses[i].Ready = t != nil && t.ExitCode == 0
	}
	for _, c := range f.conditions(pod, &s) {
		c.ObservedGeneration = pod.Generation
		setCondition(&s, c, now)
	}
	return s
}

func (f *facts) statuses(containers []corev1.Container, waiting corev1.ContainerStateWaiting) []corev1.ContainerStatus {
	var list []corev1.ContainerStatus
	for i := range containers {
		s := f.states[containers[i].Name]
		if s == nil {
			s = &state{}
		}
		list = append(list, s.status(&containers[i], waiting))
	}
	return list
}

// phase follows the kubelet: a pod runs once every container has run, and is over when none will run again.
func (f *facts) phase(pod *corev1.Pod, statuses []corev1.ContainerStatus) corev1.PodPhase {
	if f.initFailed && f.finished {
		return corev1.PodFailed
	}
	untried, failed, ended := 0, 0, 0
	for _, c := range statuses {
		switch {
		case c.State.Terminated != nil:
			ended++
			if c.State.Terminated.ExitCode != 0 {
				failed++
			}
		case c.State.Waiting != nil && c.LastTerminationState.Terminated == nil:
			untried++
		}
	}
	switch {
	case f.finished && failed == 0 && ended == len(statuses):
		return corev1.PodSucceeded
	case f.finished:
		return corev1.PodFailed
	case untried > 0:
		return corev1.PodPending
	}
	return corev1.PodRunning
}

// setCondition replaces a condition; its transition time changes only with its status.
func setCondition(s *corev1.PodStatus, c corev1.PodCondition, now metav1.Time) {
	c.LastTransitionTime = now
	i := slices.IndexFunc(s.Conditions, func(old corev1.PodCondition) bool { return old.Type == c.Type })
	if i < 0 {
		s.Conditions = append(s.Conditions, c)
		return
	}
	if s.Conditions[i].Status == c.Status {
		c.LastTransitionTime = s.Conditions[i].LastTransitionTime
	}
	c.LastProbeTime = s.Conditions[i].LastProbeTime
	s.Conditions[i] = c
}
