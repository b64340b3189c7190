package pod

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// conditions are the kubelet's own conditions of a pod. The status holds phase and container statuses already, and the
// conditions that others wrote, to which readiness gates refer.
func (f *facts) conditions(pod *corev1.Pod, s *corev1.PodStatus) []corev1.PodCondition {
	network := condition(corev1.PodReadyToStartContainers, f.address.IsValid() && !f.finished, "", "")
	return []corev1.PodCondition{network, f.initializedCondition(pod, s), f.containersReady(s), f.ready(pod, s)}
}

func condition(kind corev1.PodConditionType, holds bool, reason, message string) corev1.PodCondition {
	c := corev1.PodCondition{Type: kind, Status: corev1.ConditionTrue}
	if !holds {
		c.Status, c.Reason, c.Message = corev1.ConditionFalse, reason, message
	}
	return c
}

func (f *facts) initializedCondition(pod *corev1.Pod, s *corev1.PodStatus) corev1.PodCondition {
	var missing []string
	for _, c := range s.InitContainerStatuses {
		if !c.Ready {
			missing = append(missing, c.Name)
		}
	}
	done := f.initialized || len(pod.Spec.InitContainers) == 0
	return condition(corev1.PodInitialized, done, "ContainersNotInitialized", fmt.Sprintf("containers with incomplete status: %v", missing))
}

func (f *facts) containersReady(s *corev1.PodStatus) corev1.PodCondition {
	reason, message := f.unready(s)
	return condition(corev1.ContainersReady, reason == "", reason, message)
}

// unready says why not all containers are ready; an empty reason means that they are.
func (f *facts) unready(s *corev1.PodStatus) (reason, message string) {
	switch s.Phase {
	case corev1.PodSucceeded:
		return "PodCompleted", ""
	case corev1.PodFailed:
		return "PodFailed", ""
	}
	var names []string
	for _, c := range s.ContainerStatuses {
		if !c.Ready {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return "", ""
	}
	return "ContainersNotReady", fmt.Sprintf("containers with unready status: %v", names)
}

func (f *facts) ready(pod *corev1.Pod, s *corev1.PodStatus) corev1.PodCondition {
	if reason, message := f.unready(s); reason != "" {
		return condition(corev1.PodReady, false, reason, message)
	}
	for _, gate := range pod.Spec.ReadinessGates {
		open := slices.ContainsFunc(s.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == gate.ConditionType && c.Status == corev1.ConditionTrue
		})
		if !open {
			return condition(corev1.PodReady, false, "ReadinessGatesNotReady", fmt.Sprintf("the status of pod readiness gate %q is not \"True\"", gate.ConditionType))
		}
	}
	return condition(corev1.PodReady, true, "", "")
}
