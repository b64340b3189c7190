package local

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Settings are how the proxies of a Gateway run.
type Settings struct {
	// Replicas is how many proxies there are; 2 by default.
	Replicas int32
	// Requests are what each proxy requests; 50m of CPU and 64Mi of memory by
	// default.
	Requests corev1.ResourceList
}

func (s Settings) withDefaults() Settings {
	s.Replicas = cmp.Or(s.Replicas, 2)
	if s.Requests == nil {
		s.Requests = corev1.ResourceList{
			corev1.ResourceCPU:    resource.MustParse("50m"),
			corev1.ResourceMemory: resource.MustParse("64Mi"),
		}
	}
	return s
}
