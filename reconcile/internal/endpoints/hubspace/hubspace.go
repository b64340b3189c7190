// Package hubspace tells whether a namespace on the hub takes what Fairway
// makes of a member's namespace of the same name.
package hubspace

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Takes reports whether the hub has the namespace and is not about to delete
// it. An error says that this could not be told.
func Takes(ctx context.Context, hub client.Reader, name string) (bool, error) {
	var n corev1.Namespace
	err := hub.Get(ctx, client.ObjectKey{Name: name}, &n)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read namespace %s: %w", name, err)
	}
	return n.DeletionTimestamp.IsZero(), nil
}
