// Package objects reads what pods refer to: Secrets and ConfigMaps.
package objects

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Cache finds objects that were already seen.
type Cache[T any] interface {
	Get(namespace, name string) (T, bool)
}

// Reader reads objects, from a cache if they are there: a pod may arrive before the Secret that was created ahead of it.
type Reader struct {
	Client     kubernetes.Interface
	Secrets    Cache[*corev1.Secret]
	ConfigMaps Cache[*corev1.ConfigMap]
}

// Secret returns a Secret, or the API's error if there is none.
func (r *Reader) Secret(ctx context.Context, namespace, name string) (*corev1.Secret, error) {
	if s, ok := r.Secrets.Get(namespace, name); ok {
		return s, nil
	}
	s, err := r.Client.CoreV1().Secrets(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read secret %s/%s: %w", namespace, name, err)
	}
	return s, nil
}

// ConfigMap returns a ConfigMap, or the API's error if there is none.
func (r *Reader) ConfigMap(ctx context.Context, namespace, name string) (*corev1.ConfigMap, error) {
	if c, ok := r.ConfigMaps.Get(namespace, name); ok {
		return c, nil
	}
	c, err := r.Client.CoreV1().ConfigMaps(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read config map %s/%s: %w", namespace, name, err)
	}
	return c, nil
}
