// Command kube is the control plane of one fleet cluster in one process: an embedded etcd, the stock
// kube-apiserver, kube-controller-manager and kube-scheduler, with their default admission, RBAC and
// controllers. It prints "ready" on standard output when the API server answers.
//
// The cobra commands of the components are not used: each of them installs signal handlers of its
// own, and a second one panics.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/sync/errgroup"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/klog/v2"

	"fairway.dev/fairway/e2e/fleet/internal/pki"
)

// component is a part of the control plane that is ready to run. Parts are prepared one after the
// other, because their options register themselves in registries of the whole process.
type component func() error

// cluster says where a control plane keeps its data and which addresses it serves.
type cluster struct {
	data     string
	pki      pki.Dir
	address  netip.AddrPort
	services netip.Prefix
}

func main() {
	// Three components share one process, and each applies the logging configuration.
	logsapi.ReapplyHandling = logsapi.ReapplyHandlingIgnoreUnchanged
	var c cluster
	flag.StringVar(&c.data, "data", "", "folder of etcd's data; an existing one is continued")
	flag.StringVar((*string)(&c.pki), "pki", "", "folder of the cluster's credentials")
	flag.TextVar(&c.address, "address", netip.AddrPort{}, "address and port of the API server")
	flag.TextVar(&c.services, "service-network", netip.Prefix{}, "range of ClusterIPs")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	err := c.run(ctx)
	klog.Flush()
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "kube:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done. It ends with an error as soon as one component ends by itself.
func (c cluster) run(ctx context.Context) error {
	etcd, endpoint, err := startEtcd(filepath.Join(c.data, "etcd"))
	if err != nil {
		return err
	}
	defer etcd.Close()
	return c.withAPIServer(ctx, endpoint, c.runControllers)
}

// withAPIServer runs the API server for as long as use runs. It stops last: a controller manager that
// starts does not give up waiting for an API server that has gone.
func (c cluster) withAPIServer(ctx context.Context, etcd string, use func(context.Context) error) error {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	run, err := c.apiServer(serving, etcd)
	if err != nil {
		return fmt.Errorf("prepare kube-apiserver: %w", err)
	}
	using, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		defer cancel()
		done <- ended(serving, "kube-apiserver", run())
	}()
	err = use(using)
	stop()
	return errors.Join(<-done, err)
}

// runControllers runs what needs an API server that answers.
func (c cluster) runControllers(ctx context.Context) error {
	if err := c.waitReady(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	manage, err := c.controllerManager(ctx)
	if err != nil {
		return fmt.Errorf("prepare kube-controller-manager: %w", err)
	}
	schedule, err := c.scheduler(ctx)
	if err != nil {
		return fmt.Errorf("prepare kube-scheduler: %w", err)
	}
	group.Go(func() error { return ended(ctx, "kube-controller-manager", manage()) })
	group.Go(func() error { return ended(ctx, "kube-scheduler", schedule()) })
	fmt.Println("ready")
	return group.Wait()
}

// ended turns the end of a component into an error, unless everything was asked to end.
func ended(ctx context.Context, name string, err error) error {
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	default:
		return fmt.Errorf("%s ended without being asked to", name)
	}
}
