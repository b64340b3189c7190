package multicluster

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
	if said, code := r.plan(file); code != 3 || !strings.Contains(said, "nowhere") {
		t.Errorf("of a backend that is not there: exit code %d: %s", code, said)
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

// plan runs fairwayctl plan of an object on the hub, and gives its output and exit code.
func (r *room) plan(object any) (string, int) {
	r.t.Helper()
	content, err := yaml.Marshal(object)
	if err != nil {
		r.t.Fatal(err)
	}
	cmd := exec.CommandContext(r.t.Context(), stack.Ctl(), "plan", "--kubeconfig", stack.Hub.KubeconfigFile(), "-f", "-")
	cmd.Stdin = strings.NewReader(string(content))
	output, err := cmd.CombinedOutput()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		r.t.Fatal(err)
	}
	return string(output), cmd.ProcessState.ExitCode()
}
