package slim

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/owner"
)

func written() metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: "shop", Name: "tls", UID: "u", ResourceVersion: "7", Generation: 3,
		CreationTimestamp: metav1.Unix(1, 0), DeletionTimestamp: &metav1.Time{Time: time.Unix(2, 0)},
		Labels:          map[string]string{"app": "shop"},
		OwnerReferences: []metav1.OwnerReference{{Name: "owner"}},
		Finalizers:      []string{"finalizer"},
		ManagedFields:   []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
		Annotations: map[string]string{
			corev1.LastAppliedConfigAnnotation: `{"data":{"tls.key":"c2VjcmV0"}}`,
			"kapp.k14s.io/original":            `{"data":{"tls.key":"c2VjcmV0"}}`,
			"unqualified":                      "c2VjcmV0",
			"evil-fairway.dev/copy":            "c2VjcmV0",
			"fairway.dev/rotate":               "true",
		},
	}
}

func TestOfASecretNoValueIsKept(t *testing.T) {
	want := written()
	want.Generation, want.ManagedFields = 0, nil
	want.Annotations = map[string]string{"fairway.dev/rotate": "true"}
	kind := metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}
	for _, in := range []client.Object{
		&metav1.PartialObjectMetadata{TypeMeta: kind, ObjectMeta: written()},
		&corev1.Secret{TypeMeta: kind, ObjectMeta: written(), Type: corev1.SecretTypeTLS,
			Data: map[string][]byte{"tls.key": []byte("secret")}, StringData: map[string]string{"tls.key": "secret"}},
	} {
		out, err := Secret(in)
		if err != nil {
			t.Fatal(err)
		}
		got := out.(client.Object)
		if reflect.TypeOf(got) != reflect.TypeOf(in) || got.GetObjectKind().GroupVersionKind().Kind != "Secret" {
			t.Errorf("a %T became a %T of kind %q", in, got, got.GetObjectKind().GroupVersionKind().Kind)
		}
		if text := fmt.Sprintf("%+v", got); strings.Contains(text, "c2VjcmV0") || strings.Contains(text, "secret") || strings.Contains(text, "115 101 99") {
			t.Errorf("of a %T a value is kept: %s", in, text)
		}
		kept := reflect.ValueOf(got).Elem().FieldByName("ObjectMeta").Interface()
		if !reflect.DeepEqual(kept, want) {
			t.Errorf("of a %T is kept\n%+v, want\n%+v", in, kept, want)
		}
	}
}

// Else they would look changed for ever, and be written for ever.
func TestTheAnnotationsOfWhatWasMadeForAGatewayStay(t *testing.T) {
	marked := metav1.ObjectMeta{
		Labels:      owner.Marks(providers.Ref{Hub: "h", Namespace: "shop", Name: "web", UID: "u"}),
		Annotations: map[string]string{"example.com/team": "shop", corev1.LastAppliedConfigAnnotation: "asked for"},
	}
	for _, transform := range []toolscache.TransformFunc{Object, Secret} {
		out, err := transform(&metav1.PartialObjectMetadata{ObjectMeta: *marked.DeepCopy()})
		if err != nil {
			t.Fatal(err)
		}
		if got := out.(client.Object).GetAnnotations(); !reflect.DeepEqual(got, marked.Annotations) {
			t.Errorf("left are %v", got)
		}
	}
}

func TestASecretOfAnotherFormIsNotCached(t *testing.T) {
	if out, err := Secret(&unstructured.Unstructured{}); err == nil {
		t.Errorf("it gave %v", out)
	}
}

func TestWhatKubectlApplyKeepsIsLeftOut(t *testing.T) {
	untyped := &unstructured.Unstructured{}
	untyped.SetAnnotations(map[string]string{corev1.LastAppliedConfigAnnotation: "{}", "a": "b"})
	untyped.SetManagedFields([]metav1.ManagedFieldsEntry{{Manager: "kubectl"}})
	typed := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Annotations: untyped.GetAnnotations(), ManagedFields: untyped.GetManagedFields()}}
	for _, in := range []client.Object{untyped, typed} {
		out, err := Object(in)
		if err != nil {
			t.Fatal(err)
		}
		o := out.(client.Object)
		if got := o.GetAnnotations(); !reflect.DeepEqual(got, map[string]string{"a": "b"}) || o.GetManagedFields() != nil {
			t.Errorf("of a %T are left %v and %v", in, got, o.GetManagedFields())
		}
	}
}

func TestAnObjectWithoutAnyOfItStaysAsItIs(t *testing.T) {
	shared := map[string]string{"a": "b"}
	in := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Annotations: shared}}
	gone := toolscache.DeletedFinalStateUnknown{Key: "k", Obj: in}
	for _, x := range []any{in, gone} {
		if out, err := Object(x); err != nil || !reflect.DeepEqual(out, x) {
			t.Errorf("%v became %v (%v)", x, out, err)
		}
		if out, err := Secret(gone); err != nil || !reflect.DeepEqual(out, gone) {
			t.Errorf("%v became %v (%v)", gone, out, err)
		}
	}
}
