package local

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"fairway.dev/fairway/providers"
)

func TestErrorsOfTheAPIServerAreSortedAndWorded(t *testing.T) {
	services := schema.GroupResource{Resource: "services"}
	for _, c := range []struct {
		err     error
		kind    providers.Kind
		message string
	}{
		{errors.New("reset"), "", "could not write Service/shop/web"},
		{apierrors.NewForbidden(services, "web", errors.New("exceeded quota: all")), providers.Quota, "could not write Service/shop/web: a quota of the namespace is used up"},
		{apierrors.NewForbidden(services, "web", errors.New("no")), providers.Denied, "could not write Service/shop/web: the hub's API server forbids it to Fairway's account"},
		{apierrors.NewConflict(services, "web", errors.New("uid")), providers.Stale, "could not write Service/shop/web: it was changed meanwhile"},
		{apierrors.NewTooManyRequests("later", 3), providers.Throttled, "could not write Service/shop/web: the hub's API server asks for fewer calls"},
		{apierrors.NewInvalid(schema.GroupKind{Kind: "Service"}, "web", field.ErrorList{
			field.Invalid(field.NewPath("spec", "ports").Index(0).Child("nodePort"), 30080, "provided port is already allocated"),
		}), providers.Invalid, "could not write Service/shop/web: the hub's API server does not accept it: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated"},
		{apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "shop"), providers.Invalid, "could not write Service/shop/web: its namespace does not exist"},
	} {
		e, ok := errors.AsType[*providers.Error](explain(c.err, "write", "Service/shop/web"))
		if !ok || e.Kind != c.kind || e.Message != c.message || !errors.Is(e, c.err) {
			t.Errorf("%v: got kind %q, message %q", c.err, e.Kind, e.Message)
		}
	}
	if explain(nil, "write", "Service/shop/web") != nil {
		t.Error("no error became one")
	}
}
