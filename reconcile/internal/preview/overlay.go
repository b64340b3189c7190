package preview

import (
	"context"
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"fairway.dev/fairway/reconcile/internal/gatewayclass"
)

// laidVersion is the resource version of what files hold.
const laidVersion = "files"

// files are the objects that are laid over a world, by kind and name.
type files map[fileKey]*unstructured.Unstructured

type fileKey struct {
	schema.GroupKind
	client.ObjectKey
}

func keyOf(o *unstructured.Unstructured) fileKey {
	return fileKey{o.GroupVersionKind().GroupKind(), client.ObjectKeyFromObject(o)}
}

// overlay reads the files' objects, and all else from the reader below; nil
// stands for an empty world.
type overlay struct {
	files  files
	below  client.Reader
	scheme *runtime.Scheme
	// made are the files' objects of the kinds that were listed, in their Go
	// types.
	made map[schema.GroupVersionKind][]client.Object
}

func newOverlay(f files, below client.Reader, scheme *runtime.Scheme) overlay {
	return overlay{f, below, scheme, map[schema.GroupVersionKind][]client.Object{}}
}

// Get implements [client.Reader].
func (o overlay) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	gvk, err := apiutil.GVKForObject(into, o.scheme)
	if err != nil {
		return err
	}
	// Files are read from memory, and may be many: who asks may be gone.
	if err := ctx.Err(); err != nil {
		return err
	}
	if laid := o.files[fileKey{gvk.GroupKind(), key}]; laid != nil {
		return convert(laid, gvk, into)
	}
	if o.below == nil {
		resource, _ := meta.UnsafeGuessKindToResource(gvk)
		return apierrors.NewNotFound(resource.GroupResource(), key.String())
	}
	return o.below.Get(ctx, key, into, opts...)
}

// List implements [client.Reader], of namespaces and not of labels.
func (o overlay) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	gvk, err := apiutil.GVKForObject(list, o.scheme)
	if err != nil {
		return err
	}
	gvk.Kind = strings.TrimSuffix(gvk.Kind, "List")
	if err := ctx.Err(); err != nil {
		return err
	}
	var asked client.ListOptions
	asked.ApplyOptions(opts)
	if o.below != nil {
		if err := o.below.List(ctx, list, opts...); err != nil {
			return err
		}
	}
	all, err := meta.ExtractList(list)
	if err != nil {
		return fmt.Errorf("list %s: %w", gvk.Kind, err)
	}
	var merged []runtime.Object
	for _, item := range all {
		key := client.ObjectKeyFromObject(item.(client.Object))
		if o.files[fileKey{gvk.GroupKind(), key}] == nil {
			merged = append(merged, item)
		}
	}
	made, err := o.all(gvk)
	if err != nil {
		return err
	}
	for _, laid := range made {
		if asked.Namespace == "" || laid.GetNamespace() == asked.Namespace {
			merged = append(merged, laid.DeepCopyObject())
		}
	}
	return meta.SetList(list, merged)
}

// all are the files' objects of a kind, which nobody is to change. A kind is
// listed again and again, and each object converted once.
func (o overlay) all(gvk schema.GroupVersionKind) ([]client.Object, error) {
	if made, known := o.made[gvk]; known {
		return made, nil
	}
	var made []client.Object
	for key, laid := range o.files {
		if key.GroupKind != gvk.GroupKind() {
			continue
		}
		into, err := o.scheme.New(gvk)
		if err != nil {
			return nil, err
		}
		if err := convert(laid, gvk, into.(client.Object)); err != nil {
			return nil, err
		}
		made = append(made, into.(client.Object))
	}
	o.made[gvk] = made
	return made, nil
}

// convert fills an object of whatever Go type with one of the files.
func convert(laid *unstructured.Unstructured, gvk schema.GroupVersionKind, into client.Object) error {
	if to, untyped := into.(*unstructured.Unstructured); untyped {
		to.Object = laid.DeepCopy().Object
		to.SetGroupVersionKind(gvk)
		return nil
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructured(laid.Object, into)
}

// lay puts an object of a file into the place of one that may be there: what
// the API server and controllers keep on that one stays.
func lay(file *unstructured.Unstructured, there client.Object) *unstructured.Unstructured {
	laid := file.DeepCopy()
	unstructured.RemoveNestedField(laid.Object, "status")
	labels, annotations := file.GetLabels(), file.GetAnnotations()
	// What the hub keeps on an object is not for files to say.
	maps.DeleteFunc(annotations, func(k, _ string) bool { return strings.HasPrefix(k, gatewayclass.Domain) })
	unstructured.RemoveNestedField(laid.Object, "metadata")
	laid.SetNamespace(file.GetNamespace())
	laid.SetName(file.GetName())
	laid.SetResourceVersion(laidVersion)
	if there != nil {
		laid.SetUID(there.GetUID())
		laid.SetGeneration(there.GetGeneration() + 1)
		laid.SetCreationTimestamp(there.GetCreationTimestamp())
		laid.SetDeletionTimestamp(there.GetDeletionTimestamp())
		laid.SetFinalizers(there.GetFinalizers())
		labels, annotations = over(there.GetLabels(), labels), over(there.GetAnnotations(), annotations)
	}
	laid.SetLabels(labels)
	laid.SetAnnotations(annotations)
	if laid.GroupVersionKind().GroupKind() == namespaceKind {
		laid.SetLabels(over(laid.GetLabels(), map[string]string{corev1.LabelMetadataName: laid.GetName()}))
	}
	return laid
}

func over(below, above map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, below)
	maps.Copy(out, above)
	return out
}
