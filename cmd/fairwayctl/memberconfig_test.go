package main

import (
	"bytes"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// TestWhatTheHubTrusts: at the user's own address what the user trusts, and at
// another what pods of the member do, whose namespace of the account has no
// copy of that yet.
func TestWhatTheHubTrusts(t *testing.T) {
	const users, cluster = "the user's", "the cluster's"
	for what, c := range map[string]struct {
		server, given, users, cluster string
		trusts, name                  string
	}{
		"the user's address":               {users: users, cluster: cluster, trusts: users, name: "front"},
		"the same, said":                   {server: "https://192.0.2.1/", users: users, cluster: cluster, trusts: users, name: "front"},
		"the user's address, no authority": {cluster: cluster, trusts: cluster, name: "front"},
		"another address":                  {server: "https://10.1.0.1:6443", users: users, cluster: cluster, trusts: cluster},
		"another, and the cluster is mute": {server: "https://10.1.0.1:6443", users: users, trusts: users},
		"another, given":                   {server: "https://10.1.0.1:6443", given: "given", users: users, cluster: cluster, trusts: "given"},
		"the user's, given":                {given: "given", users: users, cluster: cluster, trusts: "given", name: "front"},
	} {
		b := memberCluster("1")
		if c.cluster != "" {
			b = b.WithObjects(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "kube-root-ca.crt"},
				Data: map[string]string{"ca.crt": c.cluster}})
		}
		config := &rest.Config{Host: "https://192.0.2.1", TLSClientConfig: rest.TLSClientConfig{CAData: []byte(c.users), ServerName: "front"}}
		j := joining(&bytes.Buffer{})
		j.server = c.server
		text, err := j.kubeconfigFor(t.Context(), config, b.Build(), []byte(c.given))
		if err != nil {
			t.Fatal(err)
		}
		k, err := clientcmd.Load(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := k.Clusters["east"]; string(got.CertificateAuthorityData) != c.trusts || got.TLSServerName != c.name {
			t.Errorf("%s: it trusts %q of the name %q, want %q of %q", what, got.CertificateAuthorityData, got.TLSServerName, c.trusts, c.name)
		}
	}
}

func TestTheAuthorityThatIsGiven(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	good := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	for what, c := range map[string]struct {
		content []byte
		fails   string
	}{
		"a certificate": {content: good},
		"something":     {content: []byte("ca.crt"), fails: "holds no certificate in PEM"},
		"no file":       {fails: "read --certificate-authority: open"},
	} {
		j := joining(&bytes.Buffer{})
		j.authority = filepath.Join(t.TempDir(), "ca.crt")
		if c.content != nil {
			if err := os.WriteFile(j.authority, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := j.givenAuthority()
		if c.fails == "" && (err != nil || !bytes.Equal(got, good)) || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
			t.Errorf("%s: got %q, %v", what, got, err)
		}
	}
}
