package main

import (
	"context"
	"fmt"

	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/cmd/kube-scheduler/app"
	"k8s.io/kubernetes/cmd/kube-scheduler/app/options"

	"fairway.dev/fairway/e2e/fleet/internal/pki"
)

// scheduler prepares the stock kube-scheduler, which runs until ctx is done.
func (c cluster) scheduler(ctx context.Context) (component, error) {
	scheduler := options.NewOptions()
	err := parse("kube-scheduler", scheduler.Flags.FlagSets,
		"--kubeconfig="+c.pki.Kubeconfig(pki.Scheduler),
		"--leader-elect=false",
		"--secure-port=0",
		"--kube-api-qps=1000",
		"--kube-api-burst=2000",
	)
	if err != nil {
		return nil, err
	}
	// Setup dereferences the name; only the cobra command sets it.
	if scheduler.InformerName, err = cache.NewInformerName("kube-scheduler"); err != nil {
		return nil, fmt.Errorf("register the informer name: %w", err)
	}
	config, instance, err := app.Setup(ctx, scheduler)
	if err != nil {
		return nil, fmt.Errorf("set up: %w", err)
	}
	return func() error { return app.Run(ctx, config, instance) }, nil
}
