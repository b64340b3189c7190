package multicluster

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/e2e/install"
)

// The chart's roles for people.
const (
	lookingRole = "fairway-viewer-fairway-system"
	askingRole  = "fairway-viewer"
)

// TestViewersRightsAreEnough looks, watches and asks as somebody who has the chart's roles for people and
// no other; before they are bound, nothing is told. Bound to them, he has no key to another namespace.
func TestViewersRightsAreEnough(t *testing.T) {
	r := newRoom(t)
	r.create(stack.Hub, deployment("echo", "hub", 1), service("echo"), gateway("web", "fairway"), route("shop", "web", "shop.example", ownBackend("echo", 8080)))
	r.programmed("web")
	web := r.name + "/web"
	kubeconfig := r.person("looker")
	basket := route("basket", "web", "basket.example", ownBackend("echo", 8080))
	plan := []string{"plan", "-n", r.name, "-f", "-"}
	if said, code := r.ctlAs(kubeconfig, "", "status", web); code != 1 || !strings.Contains(said, "forbidden") {
		t.Errorf("without the role, status: exit code %d: %s", code, said)
	}

	r.bind("looker")
	r.eventually("who has the roles sees the Gateway", func(context.Context) error {
		if said, code := r.ctlAs(kubeconfig, "", "status", web); code != 0 || !strings.Contains(said, "Gateway "+web) {
			return fmt.Errorf("exit code %d: %s", code, said)
		}
		return nil
	})
	if said, code := r.ctlAs(kubeconfig, "", "clusters", "list"); code != 0 || !strings.Contains(said, "east") {
		t.Errorf("clusters list: exit code %d: %s", code, said)
	}
	r.watchAs(kubeconfig, web).shows(r, "Listener http", true)
	r.eventually("who has the roles is told a plan", func(context.Context) error {
		if said, code := r.ctlAs(kubeconfig, basket, plan...); code != 3 || !strings.Contains(said, "Gateway "+web) {
			return fmt.Errorf("exit code %d: %s", code, said)
		}
		return nil
	})
	for namespace, want := range map[string]bool{install.Namespace: true, r.name: false} {
		r.may(namespace, authorizationv1.ResourceAttributes{Resource: "services", Subresource: "proxy", Name: "https:fairway-admin:admin"}, want)
		r.may(namespace, authorizationv1.ResourceAttributes{Resource: "serviceaccounts", Subresource: "token", Name: "fairway-viewer"}, want)
	}
}

// person makes an account in the room, and gives a kubeconfig of the hub with a token of it.
func (r *room) person(name string) string {
	r.t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: r.meta(name)}
	if err := stack.Hub.Client.Create(r.t.Context(), account); err != nil {
		r.t.Fatal(err)
	}
	token := &authenticationv1.TokenRequest{}
	if err := stack.Hub.Client.SubResource("token").Create(r.t.Context(), account, token); err != nil {
		r.t.Fatal(err)
	}
	kubeconfig, err := clientcmd.LoadFromFile(stack.Hub.KubeconfigFile())
	if err != nil {
		r.t.Fatal(err)
	}
	user := kubeconfig.AuthInfos[kubeconfig.Contexts[kubeconfig.CurrentContext].AuthInfo]
	*user = *user.DeepCopy()
	user.ClientCertificate, user.ClientKey, user.ClientCertificateData, user.ClientKeyData = "", "", nil, nil
	user.Token = token.Status.Token
	file := filepath.Join(r.t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*kubeconfig, file); err != nil {
		r.t.Fatal(err)
	}
	return file
}

// bind gives an account of the room the chart's roles for people, until the test ends.
func (r *room) bind(name string) {
	r.t.Helper()
	subjects := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: r.name, Name: name}}
	for _, binding := range []client.Object{
		&rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: r.name}, Subjects: subjects,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: lookingRole}},
		&rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: install.Namespace, Name: r.name}, Subjects: subjects,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: askingRole}},
	} {
		if err := stack.Hub.Client.Create(r.t.Context(), binding); err != nil {
			r.t.Fatal(err)
		}
		r.t.Cleanup(func() {
			if err := stack.Hub.Client.Delete(context.Background(), binding); err != nil {
				r.t.Error(err)
			}
		})
	}
}

// may checks whether the room's looker may create something in a namespace.
func (r *room) may(namespace string, what authorizationv1.ResourceAttributes, want bool) {
	r.t.Helper()
	what.Namespace, what.Verb = namespace, "create"
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: "system:serviceaccount:" + r.name + ":looker", ResourceAttributes: &what,
	}}
	if err := stack.Hub.Client.Create(r.t.Context(), review); err != nil {
		r.t.Fatal(err)
	}
	if review.Status.Allowed != want {
		r.t.Errorf("that he may create %s/%s %s in %s is %v", what.Resource, what.Subresource, what.Name, namespace, review.Status.Allowed)
	}
}

// ctlAs runs fairwayctl with a kubeconfig and an input, and gives its output and exit code.
func (r *room) ctlAs(kubeconfig, input string, args ...string) (string, int) {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), stack.Ctl(), append(args, "--kubeconfig", kubeconfig)...)
	cmd.Stdin = strings.NewReader(input)
	output, err := cmd.CombinedOutput()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		r.t.Fatal(err)
	}
	return string(output), cmd.ProcessState.ExitCode()
}
