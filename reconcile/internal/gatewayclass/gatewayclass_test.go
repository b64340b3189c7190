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
	"fairway.dev/fairway/reconcile/internal/settings"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
)

func TestAUsedClassIsHeldUntilItsLastGatewayGoes(t *testing.T) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{gatewayv1.Install, metav1.AddMetaToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	class := &gatewayv1.GatewayClass{ObjectMeta: metav1.ObjectMeta{Name: "fairway"}, Spec: gatewayv1.GatewayClassSpec{ControllerName: "fairway.dev/local"}}
	gw := &gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "web"}, Spec: gatewayv1.GatewaySpec{GatewayClassName: "fairway"}}
	client := fake.NewClientBuilder().WithScheme(scheme).WithObjects(class, gw).Build()
	c := &Controller{Client: client, Providers: map[string]providers.Provider{}, Settings: settings.Reader{Cache: client}, Writer: statuswriter.New(client, logr.Discard())}
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
	all := map[string]providers.Provider{"known": nothing{}}
	for name, k := range map[string]struct {
		controller string
		parameters *gatewayv1.ParametersReference
		reason     gatewayv1.GatewayClassConditionReason
		message    string
	}{
		"unknown": {"fairway.dev/moon", nil, gatewayv1.GatewayClassReasonUnsupported,
			"spec.controllerName: this Fairway has no provider for fairway.dev/moon; it cannot be changed, so make the GatewayClass anew with one of fairway.dev/known"},
		"parameters": {"fairway.dev/known", &gatewayv1.ParametersReference{}, gatewayv1.GatewayClassReasonInvalidParameters,
			"spec.parametersRef: provider known takes no parameters; remove it"},
		"known": {"fairway.dev/known", nil, gatewayv1.GatewayClassReasonAccepted, "Fairway serves Gateways of this class"},
	} {
		got, _, err := Judge(t.Context(), all, settings.Reader{}, &gatewayv1.GatewayClass{Spec: gatewayv1.GatewayClassSpec{ControllerName: gatewayv1.GatewayController(k.controller), ParametersRef: k.parameters}})
		if err != nil || got.Reason != string(k.reason) || got.Message != k.message {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestJudgeVersion(t *testing.T) {
	for installed, supported := range map[string]bool{
		"v1.4.1": false, "v1.5.0": true, "v1.6.3": true, "v1.7.0": true, "v1.7.9": true, "v1.7.0-rc.1": true,
		"v1.8.0": false, "v2.0.0": false, "": false, "main": false,
	} {
		got := judgeVersion(installed)
		if (got.Status == metav1.ConditionTrue) != supported || got.Type != "SupportedVersion" || got.Message == "" {
			t.Errorf("%q: %+v", installed, got)
		}
	}
}

// nothing is a provider that can do nothing.
type nothing struct{ providers.Provider }

func (nothing) Name() string                         { return "known" }
func (nothing) SettingsKind() providers.SettingsKind { return providers.SettingsKind{} }
func (nothing) Capabilities(providers.Settings) providers.Capabilities {
	return providers.Capabilities{}
}
func (nothing) Locate(providers.Settings) (providers.Location, error) { return "", nil }
