package settings

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
)

// cloud is a provider whose settings need a region.
type cloud struct {
	providers.Provider
	takesNone bool
}

func (cloud) Name() string { return "cloud" }

func (c cloud) SettingsKind() providers.SettingsKind {
	if c.takesNone {
		return providers.SettingsKind{}
	}
	return providers.SettingsKind{Group: "fairway.dev", Version: "v1alpha1", Kind: "CloudParameters"}
}

func (cloud) Locate(s providers.Settings) (providers.Location, error) {
	var spec struct{ Region string }
	if s != nil {
		if err := json.Unmarshal(s, &spec); err != nil {
			return "", &providers.Error{Kind: providers.Invalid, Message: "spec: is malformed"}
		}
	}
	if spec.Region == "" {
		return "", &providers.Error{Kind: providers.Invalid, Message: "spec.region: is empty; name a region"}
	}
	return providers.Location(spec.Region), nil
}

func parameters(namespace, name string, spec map[string]any) client.Object {
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "fairway.dev/v1alpha1", "kind": "CloudParameters"}}
	o.SetNamespace(namespace)
	o.SetName(name)
	if spec != nil {
		o.Object["spec"] = spec
	}
	return o
}

func classWith(ref *gatewayv1.ParametersReference) *gatewayv1.GatewayClass {
	return &gatewayv1.GatewayClass{ObjectMeta: metav1.ObjectMeta{Name: "cloud"}, Spec: gatewayv1.GatewayClassSpec{ParametersRef: ref}}
}

func gatewayWith(ref *gatewayv1.LocalParametersReference) *gatewayv1.Gateway {
	gw := &gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}}
	if ref != nil {
		gw.Spec.Infrastructure = &gatewayv1.GatewayInfrastructure{ParametersRef: ref}
	}
	return gw
}

func ofClass(name string) *gatewayv1.ParametersReference {
	return &gatewayv1.ParametersReference{Group: "fairway.dev", Kind: "CloudParameters", Namespace: new(gatewayv1.Namespace("infra")), Name: name}
}

func ofGateway(name string) *gatewayv1.LocalParametersReference {
	return &gatewayv1.LocalParametersReference{Group: "fairway.dev", Kind: "CloudParameters", Name: name}
}

func reader() Reader {
	return Reader{Cache: fake.NewClientBuilder().WithScheme(runtime.NewScheme()).WithObjects(
		parameters("infra", "base", map[string]any{"region": "r1", "tags": map[string]any{"a": "1", "b": "2"}}),
		parameters("infra", "nowhere", nil),
		parameters("shop", "own", map[string]any{"region": "r2", "tags": map[string]any{"a": nil}}),
		parameters("shop", "tags", map[string]any{"tags": map[string]any{"c": "3"}}),
		parameters("shop", "long", map[string]any{"region": "r1", "note": strings.Repeat("x", longest)}),
		parameters("shop", "away", map[string]any{"region": nil}),
	).Build()}
}

func TestAGatewaysSettingsLieOverItsClasss(t *testing.T) {
	for name, c := range map[string]struct {
		class *gatewayv1.ParametersReference
		own   *gatewayv1.LocalParametersReference
		want  Located
	}{
		"the class's":   {ofClass("base"), nil, Located{providers.Settings(`{"region":"r1","tags":{"a":"1","b":"2"}}`), "r1"}},
		"the Gateway's": {nil, ofGateway("own"), Located{providers.Settings(`{"region":"r2","tags":{"a":null}}`), "r2"}},
		"both":          {ofClass("base"), ofGateway("own"), Located{providers.Settings(`{"region":"r2","tags":{"b":"2"}}`), "r2"}},
		"added to":      {ofClass("base"), ofGateway("tags"), Located{providers.Settings(`{"region":"r1","tags":{"a":"1","b":"2","c":"3"}}`), "r1"}},
	} {
		got, err := reader().OfGateway(t.Context(), gatewayWith(c.own), classWith(c.class), cloud{})
		if err != nil || string(got.Settings) != string(c.want.Settings) || got.Location != c.want.Location {
			t.Errorf("%s: got %s at %q, %v; want %s at %q", name, got.Settings, got.Location, err, c.want.Settings, c.want.Location)
		}
	}
}

func TestRefusalsNameTheFieldAndTheRemedy(t *testing.T) {
	noNamespace := ofClass("base")
	noNamespace.Namespace = nil
	for name, c := range map[string]struct {
		p     cloud
		class *gatewayv1.ParametersReference
		own   *gatewayv1.LocalParametersReference
		want  Refusal
	}{
		"none taken, class":   {cloud{takesNone: true}, ofClass("base"), nil, Refusal{"spec.parametersRef: provider cloud takes no parameters; remove it", true}},
		"none taken, Gateway": {cloud{takesNone: true}, nil, ofGateway("own"), Refusal{"spec.infrastructure.parametersRef: provider cloud takes no parameters; remove it", false}},
		"another kind": {cloud{}, &gatewayv1.ParametersReference{Kind: "ConfigMap", Name: "x"}, nil,
			Refusal{`spec.parametersRef: ConfigMap of group "" are no parameters of provider cloud; refer to a CloudParameters of group "fairway.dev"`, true}},
		"no namespace":          {cloud{}, noNamespace, nil, Refusal{"spec.parametersRef.namespace: is empty; name the namespace of CloudParameters base", true}},
		"missing, class":        {cloud{}, ofClass("x"), nil, Refusal{"spec.parametersRef: there is no CloudParameters infra/x; create it or correct the reference", true}},
		"missing, Gateway":      {cloud{}, ofClass("base"), ofGateway("x"), Refusal{"spec.infrastructure.parametersRef: there is no CloudParameters shop/x; create it or correct the reference", false}},
		"refused, class":        {cloud{}, ofClass("nowhere"), nil, Refusal{"spec.parametersRef: CloudParameters infra/nowhere: spec.region: is empty; name a region", true}},
		"refused, Gateway":      {cloud{}, nil, ofGateway("tags"), Refusal{"spec.infrastructure.parametersRef: CloudParameters shop/tags: spec.region: is empty; name a region", false}},
		"too long":              {cloud{}, nil, ofGateway("long"), Refusal{"spec.infrastructure.parametersRef: CloudParameters shop/long: spec is 65561 bytes long as JSON, and may be 65536; shorten it", false}},
		"refused, overlaid":     {cloud{}, ofClass("base"), ofGateway("away"), Refusal{"spec.infrastructure.parametersRef: CloudParameters shop/away: spec.region: is empty; name a region", false}},
		"needed, given nowhere": {cloud{}, nil, nil, Refusal{"spec.infrastructure.parametersRef: missing, and GatewayClass cloud has none either: spec.region: is empty; name a region", false}},
	} {
		_, err := reader().OfGateway(t.Context(), gatewayWith(c.own), classWith(c.class), c.p)
		got, is := errors.AsType[*Refusal](err)
		if !is || *got != c.want {
			t.Errorf("%s: got %v, want %+v", name, err, c.want)
		}
	}
}
