// Package environ computes the environment and the command line of a container from its pod's specification.
package environ

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/kubernetes/pkg/kubelet/envvars"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
	"k8s.io/utils/ptr"

	"fairway.dev/fairway/e2e/fleet/node/downward"
)

// Objects reads Secrets and ConfigMaps; a missing one gives the API's error.
type Objects interface {
	Secret(ctx context.Context, namespace, name string) (*corev1.Secret, error)
	ConfigMap(ctx context.Context, namespace, name string) (*corev1.ConfigMap, error)
}

// Source is where values come from.
type Source struct {
	Objects     Objects
	Services    func() []*corev1.Service
	Allocatable corev1.ResourceList
}

// Resolve returns the environment of a container, of a pod whose status already holds its addresses. Defaults are what the
// runtime and the image set; everything else overrides them. An error names what the container refers to in vain.
func (s *Source) Resolve(ctx context.Context, pod *corev1.Pod, container *corev1.Container, defaults map[string]string) (map[string]string, error) {
	services := s.serviceVariables(pod)
	own := map[string]string{}
	for _, from := range container.EnvFrom {
		if err := s.addAll(ctx, own, pod.Namespace, from); err != nil {
			return nil, err
		}
	}
	for _, v := range container.Env {
		if v.ValueFrom == nil {
			own[v.Name] = expansion.Expand(v.Value, expansion.MappingFuncFor(own, services))
			continue
		}
		value, found, err := s.value(ctx, pod, container, v.ValueFrom)
		if err != nil {
			return nil, fmt.Errorf("environment variable %s: %w", v.Name, err)
		}
		if found {
			own[v.Name] = value
		}
	}
	env := map[string]string{}
	maps.Copy(env, defaults)
	maps.Copy(env, services)
	maps.Copy(env, own)
	return env, nil
}

// Words expands $(NAME) in the words of a command line.
func Words(words []string, env map[string]string) []string {
	expanded := make([]string, len(words))
	for i, w := range words {
		expanded[i] = expansion.Expand(w, expansion.MappingFuncFor(env))
	}
	return expanded
}

// List is an environment as NAME=value, sorted.
func List(env map[string]string) []string {
	list := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}

// serviceVariables are those of the API server's Service and, unless the pod opts out, of the Services of its namespace.
func (s *Source) serviceVariables(pod *corev1.Pod) map[string]string {
	var services []*corev1.Service
	for _, service := range s.Services() {
		master := service.Namespace == corev1.NamespaceDefault && service.Name == "kubernetes"
		if master || (service.Namespace == pod.Namespace && ptr.Deref(pod.Spec.EnableServiceLinks, true)) {
			services = append(services, service)
		}
	}
	env := map[string]string{}
	for _, v := range envvars.FromServices(services) {
		env[v.Name] = v.Value
	}
	return env
}

func (s *Source) addAll(ctx context.Context, env map[string]string, namespace string, from corev1.EnvFromSource) error {
	switch {
	case from.ConfigMapRef != nil:
		c, err := s.Objects.ConfigMap(ctx, namespace, from.ConfigMapRef.Name)
		if absent(err, from.ConfigMapRef.Optional) {
			return nil
		} else if err != nil {
			return err
		}
		for k, v := range c.Data {
			env[from.Prefix+k] = v
		}
	case from.SecretRef != nil:
		secret, err := s.Objects.Secret(ctx, namespace, from.SecretRef.Name)
		if absent(err, from.SecretRef.Optional) {
			return nil
		} else if err != nil {
			return err
		}
		for k, v := range secret.Data {
			env[from.Prefix+k] = string(v)
		}
	}
	return nil
}

// value resolves a reference; a missing optional one is not found but no error.
func (s *Source) value(ctx context.Context, pod *corev1.Pod, container *corev1.Container, from *corev1.EnvVarSource) (value string, found bool, err error) {
	switch {
	case from.FieldRef != nil:
		value, err = downward.Field(pod, from.FieldRef.FieldPath)
		return value, err == nil, err
	case from.ResourceFieldRef != nil:
		value, err = downward.Resource(pod, container.Name, from.ResourceFieldRef, s.Allocatable)
		return value, err == nil, err
	case from.SecretKeyRef != nil:
		ref := from.SecretKeyRef
		secret, err := s.Objects.Secret(ctx, pod.Namespace, ref.Name)
		if absent(err, ref.Optional) {
			return "", false, nil
		} else if err != nil {
			return "", false, err
		}
		data, ok := secret.Data[ref.Key]
		return string(data), ok, missing(ok, ref.Optional, "secret", ref.Name, ref.Key)
	case from.ConfigMapKeyRef != nil:
		ref := from.ConfigMapKeyRef
		c, err := s.Objects.ConfigMap(ctx, pod.Namespace, ref.Name)
		if absent(err, ref.Optional) {
			return "", false, nil
		} else if err != nil {
			return "", false, err
		}
		data, ok := c.Data[ref.Key]
		return data, ok, missing(ok, ref.Optional, "config map", ref.Name, ref.Key)
	}
	return "", false, errors.New("no supported source")
}

func absent(err error, optional *bool) bool {
	return apierrors.IsNotFound(err) && ptr.Deref(optional, false)
}

func missing(found bool, optional *bool, kind, name, key string) error {
	if found || ptr.Deref(optional, false) {
		return nil
	}
	return fmt.Errorf("%s %q has no key %q", kind, name, key)
}
