package main

import (
	"context"
	"fmt"
	"path/filepath"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"

	"fairway.dev/fairway/e2e/fleet/internal/pki"
)

// apiServer prepares the stock kube-apiserver, which runs until ctx is done.
func (c cluster) apiServer(ctx context.Context, etcd string) (component, error) {
	server := options.NewServerRunOptions()
	flags := server.Flags()
	if err := parse("kube-apiserver", flags.FlagSets, c.apiServerArgs(etcd)...); err != nil {
		return nil, err
	}
	if err := server.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return nil, fmt.Errorf("set feature gates: %w", err)
	}
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	completed, err := server.Complete(ctx)
	if err != nil {
		return nil, fmt.Errorf("complete options: %w", err)
	}
	if errs := completed.Validate(); len(errs) != 0 {
		return nil, utilerrors.NewAggregate(errs)
	}
	return func() error { return app.Run(ctx, completed) }, nil
}

func (c cluster) apiServerArgs(etcd string) []string {
	address := c.address.Addr().String()
	return []string{
		"--etcd-servers=" + etcd,
		"--bind-address=" + address,
		"--advertise-address=" + address,
		fmt.Sprintf("--secure-port=%d", c.address.Port()),
		// The stock reconciler refuses addresses that it does not know; advertise writes the slice.
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=" + c.services.String(),
		"--tls-cert-file=" + c.pki.Cert(pki.APIServer),
		"--tls-private-key-file=" + c.pki.Key(pki.APIServer),
		"--client-ca-file=" + c.pki.Cert(pki.CA),
		"--cert-dir=" + filepath.Join(c.data, "certificates"),
		"--kubelet-certificate-authority=" + c.pki.Cert(pki.CA),
		"--kubelet-client-certificate=" + c.pki.Cert(pki.KubeletClient),
		"--kubelet-client-key=" + c.pki.Key(pki.KubeletClient),
		"--kubelet-preferred-address-types=InternalIP",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + c.pki.ServiceAccountKey(),
		"--service-account-signing-key-file=" + c.pki.ServiceAccountKey(),
		"--authorization-mode=RBAC",
		"--allow-privileged=true",
		// Without it a stop waits a minute for the watches of the nodes.
		"--shutdown-watch-termination-grace-period=1s",
	}
}
