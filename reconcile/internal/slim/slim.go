// Package slim leaves out of the hub's caches what nothing in the hub reads.
// Its functions are transforms of a cache. What they give must not be written
// back whole, but in patches and to the status only.
package slim

import (
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers/owner"
)

// ownDomain is that of Fairway's annotations.
const ownDomain = "fairway.dev"

// made reports whether the hub made an object for a Gateway. Of such the
// annotations stay: providers compare all of them with what they wish.
func made(o client.Object) bool {
	labels := o.GetLabels()
	return labels[owner.ManagedByKey] == owner.ManagedBy && labels[owner.HubKey] != "" && labels[owner.UIDKey] != ""
}

// Object leaves out what is about the writing of an object: who wrote which
// field, and the copy of the whole that kubectl apply keeps in an annotation.
func Object(in any) (any, error) {
	o, is := in.(client.Object)
	if !is {
		return in, nil
	}
	if o.GetManagedFields() != nil {
		o.SetManagedFields(nil)
	}
	if _, applied := o.GetAnnotations()[corev1.LastAppliedConfigAnnotation]; applied && !made(o) {
		rest := maps.Clone(o.GetAnnotations())
		delete(rest, corev1.LastAppliedConfigAnnotation)
		o.SetAnnotations(rest)
	}
	return in, nil
}

// Secret leaves of a Secret what tells it from others and whose it is. The
// annotations of other tools go, because some hold the Secret's values.
func Secret(in any) (any, error) {
	from, is := in.(client.Object)
	if !is {
		return in, nil
	}
	kept := metav1.ObjectMeta{
		Namespace: from.GetNamespace(), Name: from.GetName(), UID: from.GetUID(), ResourceVersion: from.GetResourceVersion(),
		CreationTimestamp: from.GetCreationTimestamp(), DeletionTimestamp: from.GetDeletionTimestamp(),
		Labels: from.GetLabels(), OwnerReferences: from.GetOwnerReferences(), Finalizers: from.GetFinalizers(),
	}
	for key, value := range from.GetAnnotations() {
		if domain, _, named := strings.Cut(key, "/"); named && domain == ownDomain || made(from) {
			metav1.SetMetaDataAnnotation(&kept, key, value)
		}
	}
	switch o := in.(type) {
	case *metav1.PartialObjectMetadata:
		return &metav1.PartialObjectMetadata{TypeMeta: o.TypeMeta, ObjectMeta: kept}, nil
	case *corev1.Secret:
		return &corev1.Secret{TypeMeta: o.TypeMeta, ObjectMeta: kept, Type: o.Type}, nil
	}
	return nil, fmt.Errorf("a Secret in the form of %T is not to be cached", in)
}
