package chart

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// render renders the chart with values set as on helm's command line.
func render(t *testing.T, values ...string) (string, error) {
	t.Helper()
	return renderAs(t, "fairway", "fairway-system", values...)
}

// renderAs renders the chart for a release of a name in a namespace.
func renderAs(t *testing.T, release, namespace string, values ...string) (string, error) {
	t.Helper()
	args := []string{"tool", "-modfile=go.tools.mod", "helm", "template", release, "charts/fairway", "--namespace", namespace}
	for _, v := range values {
		args = append(args, "--set", v)
	}
	command := exec.Command("go", args...)
	command.Dir = filepath.Join("..", "..")
	home := t.TempDir()
	command.Env = append(os.Environ(), "GOTOOLCHAIN=auto",
		"HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	output, err := command.CombinedOutput()
	return string(output), err
}

func TestDefaultsRender(t *testing.T) {
	rendered, err := render(t)
	if err != nil {
		t.Fatalf("%v\n%s", err, rendered)
	}
	for _, want := range []string{
		"image: \"ghcr.io/fairway-dev/fairway:0.1.0\"",
		"- --proxy-image=ghcr.io/fairway-dev/fairway-proxy:0.1.0",
		"- --stream-service=fairway-stream",
		"- --admin-address=:8443",
		`resourceNames: ["https:fairway-admin:admin"]`,
		"name: fairway-viewer-fairway-system",
		"runAsNonRoot: true",
		"readOnlyRootFilesystem: true",
		"helm.sh/resource-policy: keep",
		"kind: CustomResourceDefinition",
		"request.userInfo.username != 'system:serviceaccount:fairway-system:fairway'",
	} {
		if !strings.Contains(rendered, want) {
			t.Errorf("not rendered: %s", want)
		}
	}
	for _, unwanted := range []string{"--hub-id", "PodDisruptionBudget", "<no value>"} {
		if strings.Contains(rendered, unwanted) {
			t.Errorf("rendered by default: %s", unwanted)
		}
	}
}

// TestReleasesShareNoNames: what belongs to no namespace carries the release's, or two releases of one
// name would be given the same objects. The definitions of Fairway's kinds are the cluster's.
func TestReleasesShareNoNames(t *testing.T) {
	for release, fullname := range map[string]string{"fairway": "fairway", "other": "other-fairway"} {
		rendered, err := renderAs(t, release, "elsewhere")
		if err != nil {
			t.Fatalf("%v\n%s", err, rendered)
		}
		scoped := 0
		for _, document := range strings.Split(rendered, "\n---\n") {
			var object metav1.PartialObjectMetadata
			if err := yaml.Unmarshal([]byte(document), &object); err != nil {
				t.Fatal(err)
			}
			if object.Kind == "" || object.Kind == "CustomResourceDefinition" || object.Namespace == "elsewhere" {
				continue
			}
			scoped++
			if !strings.HasPrefix(object.Name, fullname+"-") || !strings.HasSuffix(object.Name, "-elsewhere") {
				t.Errorf("release %s: %s %s does not name the release and its namespace", release, object.Kind, object.Name)
			}
		}
		if scoped < 5 {
			t.Errorf("release %s has %d objects outside of namespaces", release, scoped)
		}
		if want := "request.userInfo.username != 'system:serviceaccount:elsewhere:" + fullname + "'"; !strings.Contains(rendered, want) {
			t.Errorf("release %s: not rendered: %s", release, want)
		}
	}
}

func TestRightsHaveNoWildcards(t *testing.T) {
	rendered, err := render(t)
	if err != nil {
		t.Fatalf("%v\n%s", err, rendered)
	}
	wide := regexp.MustCompile(`(?m)^\s*(?:- apiGroups|resources|verbs|nonResourceURLs):.*(?:\*|\bescalate\b|\bbind\b|\bimpersonate\b).*$`)
	for _, line := range wide.FindAllString(rendered, -1) {
		t.Errorf("a right that is too wide: %s", strings.TrimSpace(line))
	}
}

func TestValuesShow(t *testing.T) {
	rendered, err := render(t, "replicas=2", "hubID=prod-1", "logLevel=debug", "image.tag=v2", "proxyImage.tag=v3",
		"nodeSelector.disk=fast", "podAnnotations.a=b", "serviceAccount.annotations.c=d", "crds.install=false")
	if err != nil {
		t.Fatalf("%v\n%s", err, rendered)
	}
	for _, want := range []string{
		"replicas: 2", "kind: PodDisruptionBudget", "- --hub-id=prod-1", "- --log-level=debug",
		"fairway:v2", "fairway-proxy:v3", "disk: fast", "a: b", "c: d",
	} {
		if !strings.Contains(rendered, want) {
			t.Errorf("not rendered: %s", want)
		}
	}
	if strings.Contains(rendered, "kind: CustomResourceDefinition") {
		t.Error("the CRDs are rendered, though crds.install is false")
	}
}

func TestAdminPortCanBeLeftOut(t *testing.T) {
	rendered, err := render(t, "admin.enabled=false")
	if err != nil {
		t.Fatalf("%v\n%s", err, rendered)
	}
	if !strings.Contains(rendered, "--admin-address=0") {
		t.Error("the hub is not told to leave the admin port closed")
	}
	for _, unwanted := range []string{"fairway-admin", "services/proxy", "serviceaccounts/token", "tokenreviews"} {
		if strings.Contains(rendered, unwanted) {
			t.Errorf("rendered without the admin port: %s", unwanted)
		}
	}
}

func TestBadValuesAreNamed(t *testing.T) {
	for value, want := range map[string]string{
		"replicas=many":        "at '/replicas': got string, want integer",
		"hubID=Prod_1":         "at '/hubID': 'Prod_1' does not match",
		"logLevel=loud":        "at '/logLevel': value must be one of 'debug', 'info', 'error'",
		"imag.tag=v1":          "additional properties 'imag' not allowed",
		"image.tag=a/b":        "at '/image/tag': 'a/b' does not match",
		"proxyImage.digest=x":  "at '/proxyImage': additional properties 'digest' not allowed",
		"nodeSelector.disk=1":  "at '/nodeSelector/disk': got number, want string",
		"image.pullPolicy=Now": "at '/image/pullPolicy': value must be one of",
	} {
		if output, err := render(t, value); err == nil || !strings.Contains(output, want) {
			t.Errorf("--set %s: %v, want an error with %q; helm said:\n%s", value, err, want, output)
		}
	}
}
