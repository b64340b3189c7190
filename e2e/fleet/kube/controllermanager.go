package main

import (
	"context"
	"fmt"

	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app/options"

	"fairway.dev/fairway/e2e/fleet/internal/pki"
)

// controllerManager prepares the stock kube-controller-manager, which runs until ctx is done.
func (c cluster) controllerManager(ctx context.Context) (component, error) {
	manager, err := options.NewKubeControllerManagerOptions()
	if err != nil {
		return nil, fmt.Errorf("make options: %w", err)
	}
	known, disabled, aliases := app.KnownControllers(), app.ControllersDisabledByDefault(), app.ControllerAliases()
	flags := manager.Flags(known, disabled, aliases)
	manager.ParsedFlags = &flags
	if err := parse("kube-controller-manager", flags.FlagSets, c.controllerManagerArgs()...); err != nil {
		return nil, err
	}
	config, err := manager.Config(ctx, known, disabled, aliases)
	if err != nil {
		return nil, fmt.Errorf("make configuration: %w", err)
	}
	return func() error { return app.Run(ctx, config.Complete()) }, nil
}

func (c cluster) controllerManagerArgs() []string {
	return []string{
		"--kubeconfig=" + c.pki.Kubeconfig(pki.ControllerManager),
		"--controllers=*",
		"--leader-elect=false",
		"--secure-port=0",
		"--root-ca-file=" + c.pki.Cert(pki.CA),
		"--cluster-signing-cert-file=" + c.pki.Cert(pki.CA),
		"--cluster-signing-key-file=" + c.pki.Key(pki.CA),
		"--service-account-private-key-file=" + c.pki.ServiceAccountKey(),
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
		// A frozen control plane finds old node leases when it thaws: they say nothing about the nodes.
		"--node-monitor-grace-period=1h",
	}
}
