package settings

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
)

// Kinds are the kinds of the providers' parameters, each once and without
// content, to be watched.
func Kinds(all map[string]providers.Provider) []*unstructured.Unstructured {
	var out []*unstructured.Unstructured
	seen := map[schema.GroupVersionKind]bool{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		kind := all[name].SettingsKind()
		gvk := schema.GroupVersionKind{Group: kind.Group, Version: kind.Version, Kind: kind.Kind}
		if kind.None() || seen[gvk] {
			continue
		}
		seen[gvk] = true
		o := &unstructured.Unstructured{}
		o.SetGroupVersionKind(gvk)
		out = append(out, o)
	}
	return out
}

// ClassUses reports whether a class refers to the parameters.
func ClassUses(class *gatewayv1.GatewayClass, parameters client.Object) bool {
	ref := class.Spec.ParametersRef
	return ref != nil && ref.Namespace != nil && is(parameters, string(ref.Group), string(ref.Kind), string(*ref.Namespace), ref.Name)
}

// GatewayUses reports whether a Gateway itself refers to the parameters.
func GatewayUses(gw *gatewayv1.Gateway, parameters client.Object) bool {
	if gw.Spec.Infrastructure == nil || gw.Spec.Infrastructure.ParametersRef == nil {
		return false
	}
	ref := gw.Spec.Infrastructure.ParametersRef
	return is(parameters, string(ref.Group), string(ref.Kind), gw.Namespace, ref.Name)
}

func is(o client.Object, group, kind, namespace, name string) bool {
	gvk := o.GetObjectKind().GroupVersionKind()
	return gvk.Group == group && gvk.Kind == kind && o.GetNamespace() == namespace && o.GetName() == name
}
