// Package settings finds the parameters that a GatewayClass and a Gateway
// refer to and lays the Gateway's over the class's. It knows no provider's
// fields: the provider judges them.
package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	jsonpatch "github.com/evanphx/json-patch/v5"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
)

// Refusal is why parameters cannot be used: Message names the field at fault
// and the remedy. InClass says that it is the GatewayClass's.
type Refusal struct {
	Message string
	InClass bool
}

// Error is the message.
func (r *Refusal) Error() string { return r.Message }

// Reader reads parameters. Its Cache holds every provider's SettingsKind, as
// unstructured objects.
type Reader struct{ Cache client.Reader }

// Located are settings that the provider took, and where they lead.
type Located struct {
	Settings providers.Settings
	Location providers.Location
}

// OfClass gives the settings of a class by itself. The error is a [Refusal]
// when the class is at fault. A class without parameters is not judged: its
// Gateways may bring theirs.
func (r Reader) OfClass(ctx context.Context, class *gatewayv1.GatewayClass, p providers.Provider) (providers.Settings, error) {
	ref := class.Spec.ParametersRef
	if ref == nil {
		return nil, nil
	}
	at := reference{field: "spec.parametersRef", group: string(ref.Group), kind: string(ref.Kind), name: ref.Name}
	if ref.Namespace != nil {
		at.namespace = string(*ref.Namespace)
	}
	settings, err := r.read(ctx, at, p, true)
	if err != nil {
		return nil, inClass(err)
	}
	if _, err := locate(p, settings, at.field+": "+at.String()); err != nil {
		return nil, inClass(err)
	}
	return settings, nil
}

// OfGateway gives the settings of a Gateway: its own laid over its class's.
// The error is a [Refusal] when one of them is at fault.
func (r Reader) OfGateway(ctx context.Context, gw *gatewayv1.Gateway, class *gatewayv1.GatewayClass, p providers.Provider) (Located, error) {
	settings, err := r.OfClass(ctx, class, p)
	if err != nil {
		return Located{}, err
	}
	whose := "spec.infrastructure.parametersRef: missing, and GatewayClass " + class.Name + " has none either"
	if gw.Spec.Infrastructure != nil && gw.Spec.Infrastructure.ParametersRef != nil {
		ref := gw.Spec.Infrastructure.ParametersRef
		at := reference{field: "spec.infrastructure.parametersRef", group: string(ref.Group), kind: string(ref.Kind), namespace: gw.Namespace, name: ref.Name}
		own, err := r.read(ctx, at, p, false)
		if err != nil {
			return Located{}, err
		}
		if settings, err = merge(settings, own); err != nil {
			return Located{}, &Refusal{Message: fmt.Sprintf("%s: %s: spec cannot be laid over that of GatewayClass %s: %v", at.field, at, class.Name, err)}
		}
		whose = at.field + ": " + at.String()
	}
	location, err := locate(p, settings, whose)
	return Located{Settings: settings, Location: location}, err
}

// reference is a parametersRef, and the field that it stands in.
type reference struct{ field, group, kind, namespace, name string }

func (r reference) String() string {
	if r.namespace == "" {
		return r.kind + " " + r.name
	}
	return r.kind + " " + r.namespace + "/" + r.name
}

// read gives the spec of the object that a reference names.
func (r Reader) read(ctx context.Context, at reference, p providers.Provider, needsNamespace bool) (providers.Settings, error) {
	kind := p.SettingsKind()
	switch {
	case kind.None():
		return nil, &Refusal{Message: fmt.Sprintf("%s: provider %s takes no parameters; remove it", at.field, p.Name())}
	case at.group != kind.Group || at.kind != kind.Kind:
		return nil, &Refusal{Message: fmt.Sprintf("%s: %s of group %q are no parameters of provider %s; refer to a %s of group %q", at.field, at.kind, at.group, p.Name(), kind.Kind, kind.Group)}
	case needsNamespace && at.namespace == "":
		return nil, &Refusal{Message: fmt.Sprintf("%s.namespace: is empty; name the namespace of %s %s", at.field, at.kind, at.name)}
	}
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(schema.GroupVersionKind{Group: kind.Group, Version: kind.Version, Kind: kind.Kind})
	err := r.Cache.Get(ctx, client.ObjectKey{Namespace: at.namespace, Name: at.name}, object)
	if apierrors.IsNotFound(err) {
		return nil, &Refusal{Message: fmt.Sprintf("%s: there is no %s; create it or correct the reference", at.field, at)}
	} else if err != nil {
		return nil, fmt.Errorf("read %s: %w", at, err)
	}
	settings, err := specOf(object)
	if err != nil {
		return nil, fmt.Errorf("spec of %s: %w", at, err)
	}
	return settings, nil
}

func specOf(parameters *unstructured.Unstructured) (providers.Settings, error) {
	spec, found := parameters.Object["spec"]
	if !found {
		spec = map[string]any{}
	}
	return json.Marshal(spec)
}

// Judge asks a provider whether it takes parameters by themselves. The error is
// a [Refusal] if not.
func Judge(p providers.Provider, parameters *unstructured.Unstructured) error {
	settings, err := specOf(parameters)
	if err != nil {
		return err
	}
	_, err = locate(p, settings, "by itself it cannot be used")
	return err
}

// merge lays over onto base, as a JSON merge patch (RFC 7396).
func merge(base, over providers.Settings) (providers.Settings, error) {
	if base == nil {
		return over, nil
	}
	return jsonpatch.MergePatch(base, over)
}

// longest is how long settings may be, in bytes: the last good ones are kept in
// an annotation, of which a Gateway has room for 256 KiB.
const longest = 64 << 10

// locate asks the provider whether it takes the settings.
func locate(p providers.Provider, settings providers.Settings, whose string) (providers.Location, error) {
	if len(settings) > longest {
		return "", &Refusal{Message: fmt.Sprintf("%s: spec is %d bytes long as JSON, and may be %d; shorten it", whose, len(settings), longest)}
	}
	location, err := p.Locate(settings)
	if err == nil {
		return location, nil
	}
	message := "the provider refuses them"
	if e, is := errors.AsType[*providers.Error](err); is && e.Message != "" {
		message = e.Message
	}
	return "", &Refusal{Message: whose + ": " + message}
}

func inClass(err error) error {
	if refusal, is := errors.AsType[*Refusal](err); is {
		refusal.InClass = true
	}
	return err
}
