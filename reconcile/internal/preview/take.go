package preview

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/reconcile/internal/settings"
)

var (
	classKind     = schema.GroupKind{Group: gatewayv1.GroupName, Kind: "GatewayClass"}
	gatewayKind   = schema.GroupKind{Group: gatewayv1.GroupName, Kind: "Gateway"}
	routeKind     = schema.GroupKind{Group: gatewayv1.GroupName, Kind: "HTTPRoute"}
	serviceKind   = schema.GroupKind{Kind: "Service"}
	namespaceKind = schema.GroupKind{Kind: "Namespace"}
)

// kinds are those that the meaning of a Gateway depends on, but for Secrets and
// the providers' parameters; true for those of the whole cluster.
var kinds = map[schema.GroupKind]bool{
	classKind:   true,
	gatewayKind: false,
	routeKind:   false,
	{Group: gatewayv1.GroupName, Kind: "ReferenceGrant"}:          false,
	{Group: mcsv1beta1.GroupVersion.Group, Kind: "ServiceImport"}: false,
	serviceKind:   false,
	namespaceKind: true,
}

var errNameless = errors.New("metadata.name: missing; an object that is to get its name when it is made cannot be planned")

// take takes the files in, and says which of their objects are of no concern.
func (w *World) take(ctx context.Context, f Files) (laid, []string, error) {
	certificates, err := f.certificates()
	if err != nil {
		return laid{}, nil, err
	}
	l, notes, places := laid{files{}, certificates}, []string(nil), map[fileKey]int{}
	for i, o := range f.Objects {
		gk := o.GroupVersionKind().GroupKind()
		cluster, known := kinds[gk]
		o = o.DeepCopy()
		switch {
		case !known && !w.isParameters(gk):
			notes = append(notes, fmt.Sprintf("%s: %s", titled(o), w.leftOut(gk)))
			continue
		case o.GetName() == "":
			return laid{}, nil, &InvalidError{fmt.Sprintf("%s: %v", gk.Kind, errNameless), []int{i}}
		case cluster:
			o.SetNamespace("")
		case o.GetNamespace() == "":
			o.SetNamespace(f.namespace())
		}
		key := keyOf(o)
		if first, twice := places[key]; twice {
			return laid{}, nil, &InvalidError{titled(o) + ": is in the files twice", []int{first, i}}
		}
		if err := w.strict(o); err != nil {
			return laid{}, nil, &InvalidError{fmt.Sprintf("%s: %v", titled(o), err), []int{i}}
		}
		there, err := w.there(ctx, o)
		if err != nil {
			return laid{}, nil, err
		}
		places[key], l.objects[key] = i, lay(o, there)
	}
	missing, err := w.namespaces(ctx, l)
	return l, append(notes, missing...), err
}

// titled is an object as people name it.
func titled(o *unstructured.Unstructured) string {
	return strings.TrimSpace(o.GetKind() + " " + strings.TrimPrefix(client.ObjectKeyFromObject(o).String(), "/"))
}

func (w *World) isParameters(gk schema.GroupKind) bool {
	return slices.ContainsFunc(settings.Kinds(w.Providers), func(p *unstructured.Unstructured) bool {
		return p.GroupVersionKind().GroupKind() == gk
	})
}

// strict refuses fields that the kind has not got, and values of other types.
// Of the providers' parameters, their provider judges.
func (w *World) strict(o *unstructured.Unstructured) error {
	typed, err := w.typed(o.GroupVersionKind().GroupKind())
	if err != nil || typed == nil {
		return err
	}
	err = runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, typed, true)
	if s, is := runtime.AsStrictDecodingError(err); is {
		return errors.Join(s.Errors()...)
	}
	return err
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
		return nil, fmt.Errorf("read %s: %w", titled(o), err)
	}
	return into, nil
}

// namespaces sees to those that the files' objects are in. Into an empty world
// it puts them, as somebody will who applies the files; of a live one it notes
// which are missing.
func (w *World) namespaces(ctx context.Context, l laid) ([]string, error) {
	used := map[string]bool{}
	for key := range l.objects {
		if key.Namespace != "" {
			used[key.Namespace] = true
		}
	}
	var notes []string
	for _, name := range slices.Sorted(maps.Keys(used)) {
		ns := &unstructured.Unstructured{}
		ns.SetAPIVersion("v1")
		ns.SetKind(namespaceKind.Kind)
		ns.SetName(name)
		if l.objects[keyOf(ns)] != nil {
			continue
		}
		there, err := w.there(ctx, ns)
		switch {
		case err != nil:
			return nil, err
		case w.Live == nil:
			l.objects[keyOf(ns)] = lay(ns, nil)
		case there == nil:
			notes = append(notes, fmt.Sprintf("Namespace %s: is not there; until it is made, what the files have in it cannot be applied", name))
		}
	}
	return notes, nil
}
