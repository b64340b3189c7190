package gatewayclass

import (
	"slices"
	"testing"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
)

func TestAUsedClassIsHeldUntilItsLastGatewayGoes(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := gatewayv1.Install(scheme); err != nil {
		t.Fatal(err)
	}
	class := &gatewayv1.GatewayClass{ObjectMeta: metav1.ObjectMeta{Name: "fairway"}, Spec: gatewayv1.GatewayClassSpec{ControllerName: "fairway.dev/local"}}
	gw := &gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "web"}, Spec: gatewayv1.GatewaySpec{GatewayClassName: "fairway"}}
	client := fake.NewClientBuilder().WithScheme(scheme).WithObjects(class, gw).Build()
	c := &Controller{Client: client, Providers: map[string]providers.Provider{}, Writer: statuswriter.New(client, logr.Discard())}
	held := func() bool {
		t.Helper()
		if _, err := c.Reconcile(t.Context(), ctrl.Request{NamespacedName: clientKey("fairway")}); err != nil {
			t.Fatal(err)
		}
		got := &gatewayv1.GatewayClass{}
		if err := client.Get(t.Context(), clientKey("fairway"), got); err != nil {
			t.Fatal(err)
		}
		return slices.Contains(got.Finalizers, gatewayv1.GatewayClassFinalizerGatewaysExist)
	}
	if !held() {
		t.Error("a used class is not held")
	}
	if err := client.Delete(t.Context(), gw); err != nil {
		t.Fatal(err)
	}
	if held() {
		t.Error("an unused class is held")
	}
}

func clientKey(name string) client.ObjectKey { return client.ObjectKey{Name: name} }

func TestJudge(t *testing.T) {
	c := &Controller{Providers: map[string]providers.Provider{"local": nil}}
	for name, k := range map[string]struct {
		controller string
		parameters *gatewayv1.ParametersReference
		reason     gatewayv1.GatewayClassConditionReason
	}{
		"unknown":    {"fairway.dev/moon", nil, gatewayv1.GatewayClassReasonUnsupported},
		"parameters": {"fairway.dev/known", &gatewayv1.ParametersReference{}, gatewayv1.GatewayClassReasonInvalidParameters},
		"known":      {"fairway.dev/known", nil, gatewayv1.GatewayClassReasonAccepted},
	} {
		c.Providers["known"] = nothing{}
		got := c.judge(&gatewayv1.GatewayClass{Spec: gatewayv1.GatewayClassSpec{ControllerName: gatewayv1.GatewayController(k.controller), ParametersRef: k.parameters}})
		if got.Reason != string(k.reason) || got.Message == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// nothing is a provider of which only its presence matters.
type nothing struct{ providers.Provider }
