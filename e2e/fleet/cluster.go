package fleet

import (
	"context"
	"fmt"
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"fairway.dev/fairway/e2e/fleet/internal/control"
	"fairway.dev/fairway/e2e/fleet/internal/plan"
)

// Cluster is one running cluster of a fleet.
type Cluster struct {
	name       string
	fleet      *Fleet
	addresses  plan.Cluster
	kubeconfig []byte
	inside     []byte
	signer     []byte
	config     *rest.Config
	applier    *applier
}

func newCluster(f *Fleet, name string, addresses plan.Cluster, running control.Cluster) (*Cluster, error) {
	kubeconfig, err := running.Admin.Kubeconfig(name, "https://"+running.Outside.String())
	if err != nil {
		return nil, err
	}
	inside, err := running.Admin.Kubeconfig(name, "https://"+addresses.APIServer().String())
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig: %w", err)
	}
	// No client-side limit: the server has its own, and tests create much at once.
	config.QPS = -1
	applier, err := newApplier(config)
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		name: name, fleet: f, addresses: addresses,
		kubeconfig: kubeconfig, inside: inside, signer: running.ServiceAccountKey, config: config, applier: applier,
	}
	if err := os.WriteFile(c.KubeconfigFile(), kubeconfig, 0o600); err != nil {
		return nil, fmt.Errorf("write the kubeconfig: %w", err)
	}
	return c, nil
}

// Name is the cluster's name in the fleet.
func (c *Cluster) Name() string { return c.name }

// Kubeconfig is a kubeconfig for an administrator outside, with the API server's loopback address.
func (c *Cluster) Kubeconfig() []byte { return c.kubeconfig }

// KubeconfigFile is the path of a file with Kubeconfig. Close removes it.
func (c *Cluster) KubeconfigFile() string { return c.fleet.run.file(c.name + ".kubeconfig") }

// InsideKubeconfig is a kubeconfig for an administrator in a pod of any cluster, with the address of
// Server.
func (c *Cluster) InsideKubeconfig() []byte { return c.inside }

// ServiceAccountKey is the key that the API server signs the tokens of service accounts with: ECDSA on
// the curve P-256, PEM. With it a test makes tokens of any age.
func (c *Cluster) ServiceAccountKey() []byte { return c.signer }

// RESTConfig is a client configuration for an administrator outside, without rate limit. The caller
// may change it.
func (c *Cluster) RESTConfig() *rest.Config { return rest.CopyConfig(c.config) }

// Server is the API server's URL as pods and nodes of every cluster see it.
func (c *Cluster) Server() string { return "https://" + c.addresses.APIServer().String() }

// Freeze stops the control plane without ending it: connections to the API server open and get no
// answer. Nodes, pods and Services go on.
func (c *Cluster) Freeze(ctx context.Context) error { return c.control(ctx, "Freeze") }

// Thaw lets a frozen control plane go on.
func (c *Cluster) Thaw(ctx context.Context) error { return c.control(ctx, "Thaw") }

// Kill ends the control plane at once, frozen or not. Nodes, pods and Services go on.
func (c *Cluster) Kill(ctx context.Context) error { return c.control(ctx, "Kill") }

// Restart starts the control plane on its old data and returns when it is ready. One that runs is
// asked to end first; a frozen one is killed.
func (c *Cluster) Restart(ctx context.Context) error { return c.control(ctx, "Restart") }

func (c *Cluster) control(ctx context.Context, method string) error {
	if err := c.fleet.host.call(ctx, method, c.name, new(struct{})); err != nil {
		return fmt.Errorf("%s cluster %q: %w", method, c.name, err)
	}
	return nil
}
