package multicluster

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/yaml"

	"fairway.dev/fairway/e2e/install"
)

// TestPlan asks the hub what files would change: what is there changes nothing, another route does,
// and asking changes nothing. Without the viewer's token nobody is answered.
func TestPlan(t *testing.T) {
	r := newRoom(t)
	r.serve("echo", stack.Member("east"))
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	r.programmed("web")
	was := r.routed("shop")

	file := &gatewayv1.HTTPRoute{Spec: *was.Spec.DeepCopy()}
	file.SetGroupVersionKind(gatewayv1.SchemeGroupVersion.WithKind("HTTPRoute"))
	file.Namespace, file.Name = was.Namespace, was.Name
	if said, code := r.plan(file); code != 0 || !strings.Contains(said, "Nothing would change.") {
		t.Errorf("of what is there: exit code %d: %s", code, said)
	}
	file.Spec.Hostnames = []gatewayv1.Hostname{"basket.example"}
	if said, code := r.plan(file); code != 3 || !strings.Contains(said, "Gateway "+r.name+"/web") || !strings.Contains(said, "Update") {
		t.Errorf("of another hostname: exit code %d: %s", code, said)
	}
	file.Spec.Rules[0].BackendRefs[0].Name = "nowhere"
	if said, code := r.plan(file); code != 4 || !strings.Contains(said, "nowhere") {
		t.Errorf("of a backend that is not there: exit code %d: %s", code, said)
	}
	// As it was written, without what the API server has put in: several at once.
	if said, code := r.planText(gateway("web", "fairway") + "---\n" + route("shop", "web", "shop.example", backend("echo", 1))); code != 0 {
		t.Errorf("of what was written: exit code %d: %s", code, said)
	}
	if said, code := r.planText("apiVersion: gateway.networking.k8s.io/v1\nkind: GatewayClass\nmetadata: {name: " + r.name + "}\nspec: {controllerName: fairway.dev/moon}"); code != 4 ||
		!strings.Contains(said, "GatewayClass/"+r.name) || !strings.Contains(said, "no provider for fairway.dev/moon") {
		t.Errorf("of a class without a provider: exit code %d: %s", code, said)
	}
	now := &gatewayv1.HTTPRoute{}
	if err := stack.Hub.Client.Get(t.Context(), r.key("shop"), now); err != nil || now.ResourceVersion != was.ResourceVersion {
		t.Errorf("the route has changed: %v", err)
	}

	// As an administrator, who may use every service's proxy.
	admin, err := kubernetes.NewForConfig(stack.Hub.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	err = admin.CoreV1().RESTClient().Post().Namespace(install.Namespace).Resource("services").Name("https:fairway-admin:admin").
		SubResource("proxy").Suffix("plan").SetHeader("Content-Type", "application/json").Body([]byte("[]")).Do(t.Context()).Error()
	if !apierrors.IsUnauthorized(err) {
		t.Errorf("without the viewer's token, the hub answers %v", err)
	}
}

// TestPlanKnowsWhatIsKept spoils the Secret of a certificate: the hub serves the one that it held
// before, and a plan says so, of what is spoilt already and of what files would spoil.
func TestPlanKnowsWhatIsKept(t *testing.T) {
	r := newRoom(t)
	r.create(stack.Hub, deployment("echo", "hub", 1), service("echo"), secureGateway, route("shop", "web", "shop.example", ownBackend("echo", 8080)))
	secret := &corev1.Secret{ObjectMeta: r.meta("tls"), Type: corev1.SecretTypeTLS, Data: certificate(t, 1)}
	if err := stack.Hub.Client.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	r.listener("https", gatewayv1.ListenerConditionProgrammed, metav1.ConditionTrue, gatewayv1.ListenerReasonProgrammed)
	r.site(r.programmed("web"), 1).shows(1)

	const kept = "the certificate that it held before is still served"
	file := &corev1.Secret{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}, ObjectMeta: r.meta("tls"), Type: corev1.SecretTypeTLS, Data: secret.Data}
	if said, code := r.plan(file); code != 0 {
		t.Errorf("of the same certificate: exit code %d: %s", code, said)
	}
	file.Data = certificate(t, 2)
	if said, code := r.plan(file); code != 3 || !strings.Contains(said, "the configuration changed: 1 certificate") {
		t.Errorf("of another certificate: exit code %d: %s", code, said)
	}
	file.Data = map[string][]byte{corev1.TLSCertKey: []byte("rubbish"), corev1.TLSPrivateKeyKey: []byte("rubbish")}
	if said, code := r.plan(file); code != 4 || !strings.Contains(said, kept) || !strings.Contains(said, "0 steps, 1 new problem.") {
		t.Errorf("of a spoilt certificate: exit code %d: %s", code, said)
	}
	r.setSecret(file.Data)
	r.listener("https", gatewayv1.ListenerConditionResolvedRefs, metav1.ConditionFalse, gatewayv1.ListenerReasonInvalidCertificateRef)
	if said, code := r.plan(file); code != 0 || !strings.Contains(said, "Nothing would change.") {
		t.Errorf("of what is spoilt already: exit code %d: %s", code, said)
	}
	if said, code := r.planText(strings.Replace(secureGateway, "port: 80}", "port: 81}", 1)); code != 3 || strings.Contains(said, "fewer") ||
		!strings.Contains(said, kept) || !strings.Contains(said, "2 steps, 0 new problems.") {
		t.Errorf("of another port beside it: exit code %d: %s", code, said)
	}
	r.site(r.programmed("web"), 1).shows(1)
}

// plan runs fairwayctl plan of an object on the hub, and gives its output and exit code.
func (r *room) plan(object any) (string, int) {
	r.t.Helper()
	content, err := yaml.Marshal(object)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.planText(string(content))
}

// planText does so of files, in the room's namespace.
func (r *room) planText(files string) (string, int) {
	r.t.Helper()
	return r.ctlAs(stack.Hub.KubeconfigFile(), files, "plan", "-n", r.name, "-f", "-")
}
