package preview

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/reconcile/internal/settings"
)

// InvalidError says that an object of the files cannot be read as what it says
// that it is.
type InvalidError struct{ Message string }

// Error is the message.
func (e *InvalidError) Error() string { return e.Message }

// SecretKind is that of Secrets.
var SecretKind = schema.GroupKind{Kind: "Secret"}

var serviceKind = schema.GroupKind{Kind: "Service"}

// kinds are those that the meaning of a Gateway depends on, but for the
// providers' parameters; true for those of the whole cluster.
var kinds = map[schema.GroupKind]bool{
	{Group: gatewayv1.GroupName, Kind: "GatewayClass"}:            true,
	{Group: gatewayv1.GroupName, Kind: "Gateway"}:                 false,
	{Group: gatewayv1.GroupName, Kind: "HTTPRoute"}:               false,
	{Group: gatewayv1.GroupName, Kind: "ReferenceGrant"}:          false,
	{Group: mcsv1beta1.GroupVersion.Group, Kind: "ServiceImport"}: false,
	serviceKind:         false,
	SecretKind:          false,
	{Kind: "Namespace"}: true,
}

// take takes the files' objects in, and says which are of no concern.
func (w *World) take(ctx context.Context, objects []*unstructured.Unstructured) (files, []string, error) {
	taken, notes := files{}, []string(nil)
	parameters := settings.Kinds(w.Providers)
	for _, o := range objects {
		gk := o.GroupVersionKind().GroupKind()
		cluster, known := kinds[gk]
		isParameters := slices.ContainsFunc(parameters, func(p *unstructured.Unstructured) bool {
			return p.GroupVersionKind().GroupKind() == gk
		})
		o = o.DeepCopy()
		switch {
		case !known && !isParameters:
			note := "no Gateway's meaning depends on it; left out"
			if gk.Kind == "ServiceExport" {
				note = "it belongs into a member; left out: a ServiceImport of its name stands for what members will export"
			}
			notes = append(notes, fmt.Sprintf("%s %s: %s", gk.Kind, client.ObjectKeyFromObject(o), note))
			continue
		case o.GetName() == "":
			return nil, nil, &InvalidError{gk.Kind + ": metadata.name: missing"}
		case cluster:
			o.SetNamespace("")
		case o.GetNamespace() == "":
			o.SetNamespace(metav1.NamespaceDefault)
		}
		key := keyOf(o)
		if taken[key] != nil {
			return nil, nil, &InvalidError{fmt.Sprintf("%s %s: is in the files twice", gk.Kind, key.ObjectKey)}
		}
		if err := w.strict(o); err != nil {
			return nil, nil, &InvalidError{fmt.Sprintf("%s %s: %v", gk.Kind, key.ObjectKey, err)}
		}
		there, err := w.there(ctx, o)
		if err != nil {
			return nil, nil, err
		}
		taken[key] = lay(o, there)
	}
	w.implyNamespaces(taken)
	return taken, notes, nil
}

// strict refuses fields that the kind has not got, and values of other types.
// Of the providers' parameters, their provider judges.
func (w *World) strict(o *unstructured.Unstructured) error {
	typed, err := w.typed(o.GroupVersionKind().GroupKind())
	if err != nil || typed == nil {
		return err
	}
	return runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, typed, true)
}

// typed is an empty object of a kind, nil for parameters.
func (w *World) typed(gk schema.GroupKind) (client.Object, error) {
	if _, known := kinds[gk]; !known {
		return nil, nil
	}
	versions := w.Scheme.VersionsForGroupKind(gk)
	if len(versions) == 0 {
		return nil, fmt.Errorf("kind %s is not in the scheme", gk)
	}
	o, err := w.Scheme.New(versions[0].WithKind(gk.Kind))
	if err != nil {
		return nil, err
	}
	return o.(client.Object), nil
}

// there is the live object that a file's takes the place of; nil if none.
func (w *World) there(ctx context.Context, o *unstructured.Unstructured) (client.Object, error) {
	gk := o.GroupVersionKind().GroupKind()
	from := w.Live
	into, err := w.typed(gk)
	switch {
	case err != nil:
		return nil, err
	case gk == serviceKind:
		from = w.Services
	case gk == SecretKind:
		only := &metav1.PartialObjectMetadata{}
		only.SetGroupVersionKind(o.GroupVersionKind())
		into = only
	case into == nil:
		from, into = w.Parameters, &unstructured.Unstructured{}
		into.GetObjectKind().SetGroupVersionKind(o.GroupVersionKind())
	}
	if from == nil {
		return nil, nil
	}
	if err := from.Get(ctx, client.ObjectKeyFromObject(o), into); apierrors.IsNotFound(err) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", gk.Kind, client.ObjectKeyFromObject(o), err)
	}
	return into, nil
}

// implyNamespaces puts the namespaces of objects into an empty world, as
// somebody will who applies them.
func (w *World) implyNamespaces(taken files) {
	if w.Live != nil {
		return
	}
	var missing []*unstructured.Unstructured
	for key := range taken {
		if key.Namespace != "" {
			ns := &unstructured.Unstructured{}
			ns.SetAPIVersion("v1")
			ns.SetKind("Namespace")
			ns.SetName(key.Namespace)
			missing = append(missing, lay(ns, nil))
		}
	}
	for _, ns := range missing {
		if key := keyOf(ns); taken[key] == nil {
			taken[key] = ns
		}
	}
}
