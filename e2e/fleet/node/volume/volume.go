// Package volume makes the volumes of a pod as directories and keeps those that show API objects up to date, written the
// way the kubelet writes them: a change appears at once and whole.
package volume

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	volumeutil "k8s.io/kubernetes/pkg/volume/util"
)

// Objects reads Secrets and ConfigMaps; a missing one gives the API's error.
type Objects interface {
	Secret(ctx context.Context, namespace, name string) (*corev1.Secret, error)
	ConfigMap(ctx context.Context, namespace, name string) (*corev1.ConfigMap, error)
}

// Tokens requests service account tokens and renews them before they expire.
type Tokens interface {
	GetServiceAccountToken(namespace, name string, request *authenticationv1.TokenRequest) (*authenticationv1.TokenRequest, error)
}

// Source is where the contents of volumes come from.
type Source struct {
	Objects     Objects
	Tokens      Tokens
	Allocatable corev1.ResourceList
}

// Set is the volumes of one pod.
type Set struct {
	source *Source
	dir    string
}

// NewSet names the directory in which a pod's volumes lie; Write creates them.
func NewSet(source *Source, dir string) *Set { return &Set{source, dir} }

// Path is the directory of a volume.
func (s *Set) Path(name string) string { return filepath.Join(s.dir, name) }

// Remove deletes all volumes.
func (s *Set) Remove() error {
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("remove volumes: %w", err)
	}
	return nil
}

// Write makes all volumes of the pod, or brings them up to date. The pod's status must hold its addresses. A volume that
// fails keeps what it had, and does not keep others from being written.
func (s *Set) Write(ctx context.Context, pod *corev1.Pod) error {
	var errs []error
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i]
		if err := s.writeOne(ctx, pod, v); err != nil {
			errs = append(errs, fmt.Errorf("volume %q: %w", v.Name, err))
		}
	}
	return errors.Join(errs...)
}

func (s *Set) writeOne(ctx context.Context, pod *corev1.Pod, v *corev1.Volume) error {
	dir := s.Path(v.Name)
	if v.EmptyDir != nil {
		return makeEmpty(dir, group(pod))
	}
	payload, err := s.source.collect(ctx, pod, v)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("create directory: %w", err)
	}
	writer, err := volumeutil.NewAtomicWriter(dir, pod.Namespace+"/"+pod.Name+"/"+v.Name)
	if err != nil {
		return fmt.Errorf("open directory: %w", err)
	}
	if err := writer.Write(payload, func(string) error { return own(dir, group(pod), readOnlyMask) }); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// ReadOnly tells whether containers see a volume read-only whatever they ask for: those that the node writes.
func ReadOnly(v *corev1.Volume) bool { return v.EmptyDir == nil }

// RefersTo tells whether a volume of the pod shows the given Secret or ConfigMap (kind).
func RefersTo(pod *corev1.Pod, kind, name string) bool {
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i]
		switch {
		case v.Secret != nil && kind == "Secret" && v.Secret.SecretName == name,
			v.ConfigMap != nil && kind == "ConfigMap" && v.ConfigMap.Name == name:
			return true
		case v.Projected != nil:
			for _, source := range v.Projected.Sources {
				if source.Secret != nil && kind == "Secret" && source.Secret.Name == name ||
					source.ConfigMap != nil && kind == "ConfigMap" && source.ConfigMap.Name == name {
					return true
				}
			}
		}
	}
	return false
}
