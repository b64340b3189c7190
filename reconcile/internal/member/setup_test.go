package member

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestNoKubeconfigIsCached(t *testing.T) {
	p, _, _ := running(t)
	for kind, narrowed := range p.privateObjects() {
		if _, is := kind.(*corev1.Secret); !is {
			continue
		}
		if _, own := narrowed.Namespaces["fairway"]; !own || len(narrowed.Namespaces) != 1 {
			t.Errorf("Secrets of the namespaces %v are cached", narrowed.Namespaces)
		}
		out, err := narrowed.Transform(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
			Annotations: map[string]string{corev1.LastAppliedConfigAnnotation: "kubeconfig"}}})
		if err != nil || len(out.(client.Object).GetAnnotations()) != 0 {
			t.Errorf("cached is %v (%v)", out, err)
		}
		return
	}
	t.Error("the cache holds all Secrets of the hub")
}
