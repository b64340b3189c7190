package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// kubeconfigFor makes the kubeconfig that the hub comes with. given is the
// authority that the user names, or empty.
func (j *join) kubeconfigFor(ctx context.Context, config *rest.Config, member client.Client, given []byte) ([]byte, error) {
	token, err := newToken(ctx, member)
	if err != nil {
		return nil, err
	}
	cluster := &clientcmdapi.Cluster{Server: j.server, TLSServerName: j.tlsServerName}
	if cluster.Server == "" {
		cluster.Server = config.Host
	}
	usersOwn := j.usersOwn(config)
	if usersOwn && cluster.TLSServerName == "" {
		cluster.TLSServerName = config.ServerName
	}
	if cluster.CertificateAuthorityData, err = authority(ctx, config, member, given, usersOwn); err != nil {
		return nil, err
	}
	k := clientcmdapi.NewConfig()
	k.Clusters[j.name] = cluster
	k.AuthInfos[accountName] = &clientcmdapi.AuthInfo{Token: token}
	k.Contexts[j.name] = &clientcmdapi.Context{Cluster: j.name, AuthInfo: accountName}
	k.CurrentContext = j.name
	return clientcmd.Write(*k)
}

// usersOwn reports whether the hub is to come by the address that the user
// does: what the user trusts there, it can.
func (j *join) usersOwn(config *rest.Config) bool {
	return j.server == "" || strings.TrimSuffix(j.server, "/") == strings.TrimSuffix(config.Host, "/")
}

// givenAuthority reads the file of --certificate-authority.
func (j *join) givenAuthority() ([]byte, error) {
	if j.authority == "" {
		return nil, nil
	}
	content, err := os.ReadFile(j.authority)
	if err != nil {
		return nil, fmt.Errorf("read --certificate-authority: %w", err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("read --certificate-authority: %s holds no certificate in PEM", j.authority)
	}
	return content, nil
}

// authority is what the hub is to trust: what is given; at the user's own
// address what the user trusts, since there may be a front with a certificate
// of its own; and at any other what pods of the member do.
func authority(ctx context.Context, config *rest.Config, member client.Reader, given []byte, usersOwn bool) ([]byte, error) {
	if len(given) > 0 {
		return given, nil
	}
	if err := rest.LoadTLSFiles(config); err != nil {
		return nil, fmt.Errorf("read the authority in the kubeconfig: %w", err)
	}
	if usersOwn && len(config.CAData) > 0 {
		return config.CAData, nil
	}
	// The namespace of the account was made just now, and may not have its copy
	// yet.
	pods := &corev1.ConfigMap{}
	if err := member.Get(ctx, client.ObjectKey{Namespace: metav1.NamespaceSystem, Name: "kube-root-ca.crt"}, pods); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("read the member's certificate authority: %w", err)
	}
	if trusted := pods.Data["ca.crt"]; trusted != "" {
		return []byte(trusted), nil
	}
	return config.CAData, nil
}
