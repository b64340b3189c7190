package main

import (
	"io"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
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

// TestJoinTrustsWhatTheClusterDoes: the authority is the cluster's own, though
// the namespace of the account has no copy of it yet.
func TestJoinTrustsWhatTheClusterDoes(t *testing.T) {
	authority := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "kube-root-ca.crt"},
		Data: map[string]string{"ca.crt": "the cluster's"}}
	j := &join{globals: &globals{streams: streams{err: io.Discard}}, name: "east"}
	for want, cluster := range map[string]*corev1.ConfigMap{"the cluster's": authority, "the user's": nil} {
		b := memberCluster("1")
		if cluster != nil {
			b = b.WithObjects(cluster)
		}
		config := &rest.Config{Host: "https://192.0.2.1", TLSClientConfig: rest.TLSClientConfig{CAData: []byte("the user's")}}
		text, err := j.kubeconfigFor(t.Context(), config, b.Build())
		if err != nil {
			t.Fatal(err)
		}
		k, err := clientcmd.Load(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(k.Clusters["east"].CertificateAuthorityData); got != want {
			t.Errorf("it trusts %q, want %q", got, want)
		}
	}
}
