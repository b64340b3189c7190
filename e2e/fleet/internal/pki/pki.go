// Package pki makes the keys, certificates and kubeconfigs of one fleet cluster and knows the names
// of their files. The fleet's host writes them before the cluster first starts; control plane and
// node read them.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"fairway.dev/fairway/e2e/fleet/internal/plan"
)

// Identities that have a certificate and a key in Dir (NAME.crt and NAME.key).
const (
	CA                = "ca"
	APIServer         = "apiserver"
	KubeletClient     = "apiserver-kubelet-client"
	Kubelet           = "kubelet"
	Admin             = "admin"
	ControllerManager = "controller-manager"
	Scheduler         = "scheduler"
	Node              = "node"
)

// Dir is the folder that holds the credentials of one cluster.
type Dir string

// Cert is the path of an identity's certificate.
func (d Dir) Cert(name string) string { return d.file(name + ".crt") }

// Key is the path of an identity's private key.
func (d Dir) Key(name string) string { return d.file(name + ".key") }

// Kubeconfig is the path of the kubeconfig of ControllerManager, Scheduler, Node or Admin. It names
// the API server's address on the node network.
func (d Dir) Kubeconfig(name string) string { return d.file(name + ".kubeconfig") }

// ServiceAccountKey is the path of the key that signs service account tokens.
func (d Dir) ServiceAccountKey() string { return d.file("service-account.key") }

func (d Dir) file(name string) string { return filepath.Join(string(d), name) }

// Write makes a certificate authority and everything that it signs for a cluster with the given
// addresses and number of nodes.
func Write(d Dir, addresses plan.Cluster, nodes int) error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return fmt.Errorf("create the credentials folder: %w", err)
	}
	authority, err := newAuthority("fleet")
	if err != nil {
		return err
	}
	key, err := encodeKey(authority.key)
	if err != nil {
		return err
	}
	if err := d.writePair(CA, authority.pem, key); err != nil {
		return err
	}
	for file, id := range identities(addresses, nodes) {
		cert, key, err := authority.issue(id)
		if err != nil {
			return err
		}
		if err := d.writePair(file, cert, key); err != nil {
			return err
		}
	}
	for _, name := range []string{Admin, ControllerManager, Scheduler, Node} {
		if err := d.writeKubeconfig(name, "https://"+addresses.APIServer().String()); err != nil {
			return err
		}
	}
	return d.writeServiceAccountKey()
}

// identities lists who gets a certificate. The controller manager and the nodes are administrators:
// one process stands for many controllers and many kubelets.
func identities(addresses plan.Cluster, nodes int) map[string]identity {
	administrators := []string{"system:masters"}
	kubelet := identity{name: "kubelet"}
	for k := 1; k <= nodes; k++ {
		kubelet.addresses = append(kubelet.addresses, addresses.Node(k).AsSlice())
	}
	return map[string]identity{
		APIServer: {
			name: "kube-apiserver",
			names: []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
				"kubernetes.default.svc.cluster.local"},
			addresses: []net.IP{net.IPv4(127, 0, 0, 1), addresses.APIServer().Addr().AsSlice(),
				addresses.KubernetesService().AsSlice()},
		},
		Kubelet:           kubelet,
		KubeletClient:     {name: "kube-apiserver-kubelet-client", groups: administrators},
		Admin:             {name: "admin", groups: administrators},
		ControllerManager: {name: "system:kube-controller-manager", groups: administrators},
		Scheduler:         {name: "system:kube-scheduler"},
		Node:              {name: "fleet-node", groups: administrators},
	}
}

func (d Dir) writePair(name string, cert, key []byte) error {
	if err := os.WriteFile(d.Cert(name), cert, 0o644); err != nil {
		return fmt.Errorf("write the certificate of %q: %w", name, err)
	}
	if err := os.WriteFile(d.Key(name), key, 0o600); err != nil {
		return fmt.Errorf("write the key of %q: %w", name, err)
	}
	return nil
}

func (d Dir) writeServiceAccountKey() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("generate the service account key: %w", err)
	}
	encoded, err := encodeKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(d.ServiceAccountKey(), encoded, 0o600); err != nil {
		return fmt.Errorf("write the service account key: %w", err)
	}
	return nil
}
