package member

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// fingerprint tells one kubeconfig from another.
func fingerprint(kubeconfig []byte) [32]byte { return sha256.Sum256(kubeconfig) }

// parseKubeconfig reads a kubeconfig that names a member. It takes only what
// is written in the kubeconfig itself: the hub runs no program and reads no
// file because a Secret says so.
func parseKubeconfig(kubeconfig []byte) (*rest.Config, error) {
	config, err := clientcmd.Load(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("it does not parse: %w; put another into the Secret that spec.kubeconfigSecretRef names (fairwayctl clusters join does that)", err)
	}
	if config.CurrentContext == "" {
		return nil, errors.New("current-context is not set: name one of contexts[] there")
	}
	current, ok := config.Contexts[config.CurrentContext]
	if !ok {
		return nil, fmt.Errorf("contexts[]: there is no context %q, which current-context names: add it, or name another", config.CurrentContext)
	}
	cluster, ok := config.Clusters[current.Cluster]
	if !ok {
		return nil, fmt.Errorf("clusters[]: there is no cluster %q, which the context names: add it", current.Cluster)
	}
	user, ok := config.AuthInfos[current.AuthInfo]
	if !ok {
		return nil, fmt.Errorf("users[]: there is no user %q, which the context names: add it", current.AuthInfo)
	}
	if err := selfContained(cluster, user); err != nil {
		return nil, err
	}
	if err := checkServer(cluster.Server); err != nil {
		return nil, err
	}
	if err := checkProxy(cluster.ProxyURL); err != nil {
		return nil, err
	}
	rc, err := clientcmd.NewDefaultClientConfig(*config, &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("it cannot be used: %w", err)
	}
	rc.UserAgent = "fairway"
	rc.QPS, rc.Burst = 50, 100
	return rc, nil
}

// checkServer sees to it that a server's URL can be shown in status and logs.
// Its errors do not quote it, because it may hold a password.
func checkServer(server string) error {
	u, err := url.Parse(server)
	switch {
	case err == nil && u.User != nil:
		return errors.New("clusters[].cluster.server has a user or a password in its URL: put credentials into users[].user")
	case err != nil || u.Host == "" || u.Scheme != "https":
		return errors.New("clusters[].cluster.server is no https URL: the token and all that is read would go over the network in the clear; name the port that speaks TLS")
	}
	return nil
}

// checkProxy does so with a proxy's URL, which the libraries quote in errors.
func checkProxy(proxy string) error {
	if proxy == "" {
		return nil
	}
	u, err := url.Parse(proxy)
	switch {
	case err == nil && u.User != nil:
		return errors.New("clusters[].cluster.proxy-url has a user or a password in its URL, which statuses and logs would show: use a proxy that needs none")
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "socks5":
		return errors.New("clusters[].cluster.proxy-url is not an http, https or socks5 URL")
	}
	return nil
}

func selfContained(cluster *clientcmdapi.Cluster, user *clientcmdapi.AuthInfo) error {
	switch {
	case user.Exec != nil:
		return errors.New("users[].user.exec runs a program, which the hub does not do: use a token or a client certificate")
	case user.AuthProvider != nil:
		return errors.New("users[].user.auth-provider is not supported: use a token or a client certificate")
	}
	for field, file := range map[string]string{
		"certificate-authority": cluster.CertificateAuthority,
		"client-certificate":    user.ClientCertificate,
		"client-key":            user.ClientKey,
		"tokenFile":             user.TokenFile,
	} {
		if file != "" {
			return fmt.Errorf("%s names a file, which the hub does not read: put the content into the kubeconfig (kubectl config view --flatten)", field)
		}
	}
	return nil
}
