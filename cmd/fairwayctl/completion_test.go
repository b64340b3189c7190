package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/api/v1alpha1"
)

// kubeconfigOf is a file with these contexts, all of one server; the first one
// is the current.
func kubeconfigOf(t *testing.T, server string, contexts ...string) string {
	t.Helper()
	k := clientcmdapi.NewConfig()
	k.Clusters["one"] = &clientcmdapi.Cluster{Server: server}
	for _, name := range contexts {
		k.Contexts[name] = &clientcmdapi.Context{Cluster: "one"}
	}
	k.CurrentContext = contexts[0]
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*k, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// completed is what the shell is offered for the last word of a command line,
// by the program's own name and by the plugin's; " files" stands for files.
func completed(t *testing.T, words ...string) string {
	t.Helper()
	offered := map[string]string{}
	for program, line := range map[string][]string{
		"fairwayctl":               append([]string{"__complete"}, words...),
		"kubectl_complete-fairway": words,
	} {
		var out, err bytes.Buffer
		if code := run(t.Context(), program, line, streams{in: strings.NewReader(""), out: &out, err: &err}); code != 0 {
			t.Errorf("%s %q: exit code %d: %s", program, line, code, err.String())
		}
		if said := err.String(); strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "Completion ended with directive: ") {
			t.Errorf("%s %q says %q", program, line, said)
		}
		names, directive, _ := strings.Cut(strings.ReplaceAll("\n"+out.String(), "\n", " "), " :")
		// Of the directive, 4 is that files are not offered.
		if directive == "0 " {
			names += " files"
		} else if directive != "4 " {
			t.Errorf("%s %q: directive %q", program, line, directive)
		}
		offered[program] = strings.TrimSpace(names)
	}
	if offered["fairwayctl"] != offered["kubectl_complete-fairway"] {
		t.Errorf("%q: the plugin offers other things: %q", words, offered)
	}
	return offered["fairwayctl"]
}

func gatewayNamed(namespace, name, class string) gatewayv1.Gateway {
	return gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: gatewayv1.GatewaySpec{GatewayClassName: gatewayv1.ObjectName(class)}}
}

func namespaceNamed(name string) corev1.Namespace {
	return corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

func TestCompletion(t *testing.T) {
	const gateways = "/apis/gateway.networking.k8s.io/v1"
	web, blog, foreign := gatewayNamed("shop", "web", "fairway"), gatewayNamed("blog", "front", "gone"), gatewayNamed("shop", "mesh", "other")
	lists := map[string]client.ObjectList{
		gateways + "/gatewayclasses": &gatewayv1.GatewayClassList{Items: []gatewayv1.GatewayClass{
			{ObjectMeta: metav1.ObjectMeta{Name: "fairway"}, Spec: gatewayv1.GatewayClassSpec{ControllerName: "fairway.dev/local"}},
			{ObjectMeta: metav1.ObjectMeta{Name: "other"}, Spec: gatewayv1.GatewayClassSpec{ControllerName: "example.com/other"}},
		}},
		gateways + "/gateways":                 &gatewayv1.GatewayList{Items: []gatewayv1.Gateway{blog, foreign, web}},
		gateways + "/namespaces/shop/gateways": &gatewayv1.GatewayList{Items: []gatewayv1.Gateway{foreign, web}},
		"/apis/fairway.dev/v1alpha1/memberclusters": &v1alpha1.MemberClusterList{Items: []v1alpha1.MemberCluster{
			*memberOf("east", "1"), *memberOf("west", "2"),
		}},
	}
	// Whoever may only look cannot list namespaces.
	looking := kubeconfigOf(t, apiServer(t, lists).URL, "hub")
	lists["/api/v1/namespaces"] = &corev1.NamespaceList{Items: []corev1.Namespace{
		namespaceNamed("blog"), namespaceNamed("fairway-system"), namespaceNamed("shop"),
	}}
	server := apiServer(t, lists)
	hub := kubeconfigOf(t, server.URL, "hub", "east", "admin@west")
	member := kubeconfigOf(t, server.URL, "north", "south")

	for _, c := range []struct{ line, want string }{
		{"status ", "blog/front shop/web"},
		{"status sh", "blog/front shop/web"},
		{"status shop/", "shop/web"},
		{"status -n shop ", "web"},
		{"status -n blog shop/", "shop/web"},
		{"status -n none ", ""},
		{"status shop/web ", ""},
		{"status -n ", "blog fairway-system shop"},
		{"status --namespace=", "blog fairway-system shop"},
		{"status --kubeconfig " + looking + " -n ", "blog shop"},
		{"plan -n ", "blog fairway-system shop"},
		{"plan --offline -n ", ""},
		{"status --fairway-namespace ", "blog fairway-system shop"},
		{"status -o ", "table json yaml"},
		{"plan -o ", "table json yaml"},
		{"clusters list -o ", "table json yaml"},
		{"status --context ", "admin@west east hub"},
		{"clusters join ", "east hub"},
		{"clusters join east ", ""},
		{"clusters join --member-kubeconfig " + member + " ", "north south"},
		{"clusters join east --member-context ", "admin@west east hub"},
		{"clusters join east --member-kubeconfig " + member + " --member-context ", "north south"},
		{"clusters join east --server ", ""},
		{"clusters join east --region ", ""},
		{"clusters join east --timeout ", ""},
		{"clusters remove ", "east west"},
		{"clusters remove east ", ""},
		{"clusters remove east --member-kubeconfig " + member + " --member-context ", "north south"},
		{"clusters list ", ""},
		{"plan ", ""},
		{"help stat", "status\tShow how Gateways are served, and why not"},
		{"plan -f ", "files"},
		{"plan --filename ", "files"},
		{"status --kubeconfig ", "files"},
		{"clusters join east --member-kubeconfig ", "files"},
		{"clusters join east --certificate-authority ", "files"},
	} {
		t.Run(c.line, func(t *testing.T) {
			words := append([]string{"--kubeconfig", hub}, strings.Split(c.line, " ")...)
			if got := completed(t, words...); got != c.want {
				t.Errorf("%q is offered %q, want %q", c.line, got, c.want)
			}
		})
	}
}

// TestCompletionWithoutAHub offers nothing, and does not keep the shell.
func TestCompletionWithoutAHub(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	mute := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-ended }))
	t.Cleanup(mute.Close)
	t.Cleanup(func() { close(ended) })
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, kubeconfig := range map[string]string{
		"mute": kubeconfigOf(t, mute.URL, "hub"), "gone": kubeconfigOf(t, gone.URL, "hub"), "no kubeconfig": "/does/not/exist",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			if got := completed(t, "--kubeconfig", kubeconfig, "status", ""); got != "" {
				t.Errorf("it offers %q", got)
			}
			// It is asked under two names.
			if took := time.Since(start); took > 4*completionWait {
				t.Errorf("it takes %s", took)
			}
		})
	}
	if got := completed(t, "--kubeconfig", "/does/not/exist", "status", "--context", ""); got != "" {
		t.Errorf("of no kubeconfig it offers %q", got)
	}
}
