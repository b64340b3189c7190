package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

func TestJoinRefusesAnotherClusterOfTheName(t *testing.T) {
	j := &join{globals: &globals{streams: streams{err: io.Discard}, program: "fairwayctl"}, name: "east", memberContext: "eats"}
	for known, refused := range map[string]bool{"": false, "2": false, "1": true} {
		err := j.sameCluster("2", known)
		if (err != nil) != refused || refused && !strings.Contains(err.Error(), "fairwayctl clusters remove east") {
			t.Errorf("the hub knows cluster %q by the name: %v", known, err)
		}
	}
}

// TestJoinStopsWhereItFails: what comes after the step that failed is not
// done, and the message names the step.
func TestJoinStopsWhereItFails(t *testing.T) {
	down := errors.New("down")
	for what, c := range map[string]struct {
		hub, member interceptor.Funcs
		want        string
		account     bool
	}{
		"hub does not list": {hub: interceptor.Funcs{List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return down }},
			want: "list MemberClusters: down"},
		"member does not say which it is": {member: interceptor.Funcs{Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return down
		}},
			want: "read which cluster the member is: down"},
		"member takes no account": {member: interceptor.Funcs{Apply: func(context.Context, client.WithWatch, runtime.ApplyConfiguration, ...client.ApplyOption) error {
			return down
		}},
			want: "make Namespace fairway-system in the member: down"},
		"member gives no token": {member: interceptor.Funcs{SubResourceCreate: func(context.Context, client.Client, string, client.Object, client.Object, ...client.SubResourceCreateOption) error {
			return down
		}}, want: "ask the member for a token of fairway-system/fairway-hub: down", account: true},
		"hub has no such namespace": {hub: interceptor.Funcs{Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
			return apierrors.NewNotFound(corev1.Resource("namespaces"), "fairway-system")
		}}, want: "--fairway-namespace", account: true},
	} {
		hub := hubOf().WithInterceptorFuncs(c.hub).Build()
		system := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kube-system", UID: "1"}}
		cluster := hubOf(system).WithInterceptorFuncs(c.member).Build()
		var said bytes.Buffer
		err := joining(&said).meet(t.Context(), hub, cluster, userConfig("https://192.0.2.1"))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: it says %v, want %q in it", what, err, c.want)
		}
		if got := strings.Contains(said.String(), "Account"); got != c.account {
			t.Errorf("%s: it tells of an account: %v, want %v", what, got, c.account)
		}
		if strings.Contains(said.String(), "MemberCluster") {
			t.Errorf("%s: it tells of a MemberCluster", what)
		}
	}
}

func TestJoinNotesWhichClusterItIs(t *testing.T) {
	hub := hubOf().Build()
	var said bytes.Buffer
	j := joining(&said)
	j.timeout = 0
	if err := j.meet(t.Context(), hub, memberCluster("1").Build(), userConfig("https://192.0.2.1")); err != nil {
		t.Fatal(err)
	}
	secret := secretOf("east")
	if !has(t, hub, secret) || secret.Annotations[clusterUIDAnnotation] != "1" {
		t.Errorf("the Secret's annotations are %v", secret.Annotations)
	}
}

func TestJoinNotesAnAddressThatIsGoodHereOnly(t *testing.T) {
	for _, c := range []struct {
		config, server string
		noted          bool
	}{
		{"https://127.0.0.1:6443", "", true},
		{"https://localhost:6443", "", true},
		{"https://[::1]:6443", "", true},
		{"https://127.0.0.1:6443", "https://10.1.0.1:6443", false},
		{"https://10.1.0.1:6443", "", false},
		{"https://localhost.example.com", "", false},
		{"https://%", "", false},
	} {
		var said bytes.Buffer
		j := joining(&said)
		j.server, j.timeout = c.server, 0
		if err := j.meet(t.Context(), hubOf().Build(), memberCluster("1").Build(), userConfig(c.config)); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(said.String(), "leads pods of the hub to themselves"); got != c.noted {
			t.Errorf("%s with --server %q: noted: %v, want %v", c.config, c.server, got, c.noted)
		}
	}
}
