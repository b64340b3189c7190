package pki

import (
	"fmt"
	"os"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// Credentials are what a client needs to be somebody at an API server, all PEM.
type Credentials struct {
	CA, Cert, Key []byte
}

// Credentials reads an identity's files.
func (d Dir) Credentials(name string) (Credentials, error) {
	var c Credentials
	for path, into := range map[string]*[]byte{d.Cert(CA): &c.CA, d.Cert(name): &c.Cert, d.Key(name): &c.Key} {
		content, err := os.ReadFile(path)
		if err != nil {
			return Credentials{}, fmt.Errorf("read the credentials of %q: %w", name, err)
		}
		*into = content
	}
	return c, nil
}

// Kubeconfig returns a kubeconfig file with these credentials inside for the API server at a URL.
// Its cluster, user and context carry the given name.
func (c Credentials) Kubeconfig(name, server string) ([]byte, error) {
	config := api.NewConfig()
	config.Clusters[name] = &api.Cluster{Server: server, CertificateAuthorityData: c.CA}
	config.AuthInfos[name] = &api.AuthInfo{ClientCertificateData: c.Cert, ClientKeyData: c.Key}
	config.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	content, err := clientcmd.Write(*config)
	if err != nil {
		return nil, fmt.Errorf("encode the kubeconfig %q: %w", name, err)
	}
	return content, nil
}

func (d Dir) writeKubeconfig(name, server string) error {
	credentials, err := d.Credentials(name)
	if err != nil {
		return err
	}
	content, err := credentials.Kubeconfig(name, server)
	if err != nil {
		return err
	}
	if err := os.WriteFile(d.Kubeconfig(name), content, 0o600); err != nil {
		return fmt.Errorf("write the kubeconfig of %q: %w", name, err)
	}
	return nil
}
