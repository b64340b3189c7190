// Package downward tells containers about their own pod: the downward API.
package downward

import (
	"cmp"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/api/v1/resource"
	"k8s.io/kubernetes/pkg/fieldpath"
)

// Field returns a field of a pod whose status already holds its addresses.
func Field(pod *corev1.Pod, path string) (string, error) {
	switch path {
	case "spec.nodeName":
		return pod.Spec.NodeName, nil
	case "spec.serviceAccountName":
		return pod.Spec.ServiceAccountName, nil
	case "status.podIP":
		return pod.Status.PodIP, nil
	case "status.podIPs":
		ips := make([]string, len(pod.Status.PodIPs))
		for i, ip := range pod.Status.PodIPs {
			ips[i] = ip.IP
		}
		return strings.Join(ips, ","), nil
	case "status.hostIP", "status.hostIPs":
		return pod.Status.HostIP, nil
	}
	value, err := fieldpath.ExtractFieldPathAsString(pod, path)
	if err != nil {
		return "", fmt.Errorf("read field %s of the pod: %w", path, err)
	}
	return value, nil
}

// Resource returns a resource of a container: the selector's own, or the given one where it names none. A limit that is not
// set is what the node has.
func Resource(pod *corev1.Pod, container string, selector *corev1.ResourceFieldSelector, allocatable corev1.ResourceList) (string, error) {
	name := cmp.Or(selector.ContainerName, container)
	value, err := resource.ExtractResourceValueByContainerNameAndNodeAllocatable(selector, pod, name, allocatable)
	if err != nil {
		return "", fmt.Errorf("read %s of container %q: %w", selector.Resource, name, err)
	}
	return value, nil
}
