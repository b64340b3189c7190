package reconcile

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// errSecretValues is what reading a Secret's values through the hub's cache
// answers: it would begin to hold every Secret of the cluster.
var errSecretValues = errors.New("the values of Secrets are read by the hub's Reader; through its Client, only their metadata")

// newClient makes the hub's client, which reads no Secret's values.
func newClient(config *rest.Config, o client.Options) (client.Client, error) {
	c, err := client.New(config, o)
	if err != nil {
		return nil, err
	}
	return valueless{c}, nil
}

// valueless is a client that refuses to read the values of Secrets.
type valueless struct{ client.Client }

// Get implements client.Reader.
func (v valueless) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	if v.hasSecretValues(o) {
		return errSecretValues
	}
	return v.Client.Get(ctx, key, o, opts...)
}

// List implements client.Reader.
func (v valueless) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if v.hasSecretValues(list) {
		return errSecretValues
	}
	return v.Client.List(ctx, list, opts...)
}

func (v valueless) hasSecretValues(o runtime.Object) bool {
	switch o.(type) {
	case *metav1.PartialObjectMetadata, *metav1.PartialObjectMetadataList:
		return false
	}
	gvk, err := v.GroupVersionKindFor(o)
	return err == nil && gvk.Group == corev1.GroupName && (gvk.Kind == "Secret" || gvk.Kind == "SecretList")
}
