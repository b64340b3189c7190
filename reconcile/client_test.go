package reconcile

import (
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

func TestTheHubsClientReadsNoSecretsValues(t *testing.T) {
	key := client.ObjectKey{Namespace: "n", Name: "s"}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "s"}, Data: map[string][]byte{"key": []byte("value")}}
	c := valueless{fake.NewClientBuilder().WithScheme(scheme()).WithObjects(secret).Build()}
	gvk := corev1.SchemeGroupVersion.WithKind("Secret")
	untyped := &unstructured.Unstructured{}
	untyped.SetGroupVersionKind(gvk)
	for _, o := range []client.Object{&corev1.Secret{}, untyped} {
		if err := c.Get(t.Context(), key, o); !errors.Is(err, errSecretValues) {
			t.Errorf("a %T was read: %v", o, err)
		}
	}
	untypedList := &unstructured.UnstructuredList{}
	untypedList.SetGroupVersionKind(gvk)
	for _, list := range []client.ObjectList{&corev1.SecretList{}, untypedList} {
		if err := c.List(t.Context(), list); !errors.Is(err, errSecretValues) {
			t.Errorf("a %T was read: %v", list, err)
		}
	}
	metadata := &metav1.PartialObjectMetadata{}
	metadata.SetGroupVersionKind(gvk)
	if err := c.Get(t.Context(), key, metadata); err != nil || metadata.Name != "s" {
		t.Errorf("metadata: %v", err)
	}
}
