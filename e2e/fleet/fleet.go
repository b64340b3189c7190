// Package fleet runs real Kubernetes clusters on one machine, compiled from Go modules: nothing but
// Go is needed, and root. Every cluster has an etcd, the stock API server, controller manager and
// scheduler, and nodes that run a real process for each container of an image they know. Pods,
// nodes and LoadBalancer addresses are routed between clusters; ClusterIPs and DNS are a cluster's
// own.
//
// A fleet lives in namespaces of its own (PID, network, mount, UTS, IPC) under one process, the
// host. When the fleet is closed, or the process that started it dies, the kernel ends everything
// inside and nothing is left but logs.
package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"

	"fairway.dev/fairway/e2e/fleet/internal/control"
	"fairway.dev/fairway/e2e/fleet/internal/netspace"
	"fairway.dev/fairway/e2e/fleet/internal/plan"
)

// Config says what a fleet consists of.
type Config struct {
	// Name tells the logs of several fleets in the same Dir apart. Default: the program's name.
	Name string
	// Clusters are the names of the clusters, DNS labels. The first is the hub.
	Clusters []string
	// Nodes is the number of nodes of each cluster. Default: 2.
	Nodes int
	// Dir is the folder into which Build has put the programs. Logs and kubeconfigs are written there.
	Dir string
	// Images maps image repositories, without a tag, to programs of this machine.
	Images map[string]Image
	// Log receives what the fleet's host has to tell. Default: standard error.
	Log io.Writer
}

// Image is what a node runs for a container image.
type Image struct {
	// Path of the program, absolute. It must be linked statically.
	Path string `json:"path"`
	// Entrypoint is the program's path in the container. Default: "/" and the program's name.
	Entrypoint string `json:"entrypoint,omitempty"`
	// User is the user and group id that the image runs as by default. Default: root.
	User int64 `json:"user,omitempty"`
}

// Fleet is a set of running clusters.
type Fleet struct {
	host     *hostProcess
	run      *runDir
	clusters map[string]*Cluster

	logs     *os.File // the lock on the folder of logs
	close    sync.Once
	closeErr error
}

// Check says why no fleet can run here, or nil. It is quick: call it before building anything.
func Check() error {
	if os.Geteuid() != 0 {
		return errors.New("root is needed, because clusters live in namespaces of their own (try: sudo)")
	}
	namespace, err := netspace.New()
	if err != nil {
		return fmt.Errorf("namespaces cannot be made here (in a container, run it privileged): %w", err)
	}
	return namespace.Close()
}

// Start starts the clusters and returns when all are ready, which takes a few seconds. The context
// bounds the start only; Close ends the fleet. It fails at once when not run as root.
func Start(ctx context.Context, config Config) (*Fleet, error) {
	if err := config.complete(); err != nil {
		return nil, fmt.Errorf("start fleet: %w", err)
	}
	run, err := newRunDir(config.Dir, config.Log)
	if err != nil {
		return nil, fmt.Errorf("start fleet: %w", err)
	}
	f := &Fleet{run: run, clusters: map[string]*Cluster{}}
	if err := f.start(ctx, config); err != nil {
		return nil, errors.Join(fmt.Errorf("start fleet: %w", err), f.Close())
	}
	return f, nil
}

// Close ends the fleet. When it returns, its processes, namespaces, mounts and files are gone, the
// logs and the programs excepted. Further calls do nothing.
func (f *Fleet) Close() error {
	f.close.Do(func() {
		if f.host != nil {
			f.closeErr = f.host.end()
		}
		f.closeErr = errors.Join(f.closeErr, f.run.remove())
		if f.logs != nil {
			f.closeErr = errors.Join(f.closeErr, f.logs.Close())
		}
	})
	return f.closeErr
}

// Cluster returns a cluster by its name, or nil.
func (f *Fleet) Cluster(name string) *Cluster { return f.clusters[name] }

// Forward makes a TCP address of the fleet ("198.18.0.5:80": a LoadBalancer, a pod or a node; no
// ClusterIP) reachable and returns the loopback address that leads to it. The same address gets the
// same answer for as long as the fleet lives.
func (f *Fleet) Forward(address string) (string, error) {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return "", fmt.Errorf("forward: %w", err)
	}
	var outside netip.AddrPort
	if err := f.host.call(context.Background(), "Forward", target, &outside); err != nil {
		return "", fmt.Errorf("forward %s: %w", address, err)
	}
	return outside.String(), nil
}

func (c *Config) complete() error {
	if err := Check(); err != nil {
		return err
	}
	if len(c.Clusters) == 0 || len(c.Clusters) > plan.MaxClusters {
		return fmt.Errorf("%d clusters asked for, 1 to %d are possible", len(c.Clusters), plan.MaxClusters)
	}
	seen := sets.New[string]()
	for _, name := range c.Clusters {
		if problems := validation.IsDNS1123Label(name); len(problems) != 0 {
			return fmt.Errorf("cluster name %q: %s", name, strings.Join(problems, ", "))
		}
		if seen.Has(name) {
			return fmt.Errorf("cluster name %q appears twice", name)
		}
		seen.Insert(name)
	}
	if c.Name == "" {
		c.Name = filepath.Base(os.Args[0])
	}
	if c.Nodes == 0 {
		c.Nodes = 2
	}
	if c.Log == nil {
		c.Log = os.Stderr
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return fmt.Errorf("find the fleet's folder: %w", err)
	}
	c.Dir = dir
	return nil
}

// start fills the run's folder, starts the host and lets it start the clusters.
func (f *Fleet) start(ctx context.Context, config Config) error {
	logs, lock, err := newLogDir(filepath.Join(config.Dir, "logs"), config.Name)
	if err != nil {
		return err
	}
	f.logs = lock
	images, err := json.Marshal(config.Images)
	if err != nil {
		return fmt.Errorf("encode the list of images: %w", err)
	}
	if err := os.WriteFile(f.run.file("images.json"), images, 0o644); err != nil {
		return fmt.Errorf("write the list of images: %w", err)
	}
	if err := os.Mkdir(f.run.file("state"), 0o755); err != nil {
		return fmt.Errorf("create the folder of state: %w", err)
	}
	if f.host, err = startHost(hostProgram.Path(config.Dir), config.Log); err != nil {
		return err
	}
	var started []control.Cluster
	request := control.Fleet{
		Clusters: config.Clusters, Nodes: config.Nodes,
		Kube: kubeProgram.Path(config.Dir), Node: nodeProgram.Path(config.Dir),
		Images: f.run.file("images.json"), State: f.run.file("state"), Logs: logs,
	}
	if err := f.host.call(ctx, "Start", request, &started); err != nil {
		return err
	}
	for index, name := range config.Clusters {
		cluster, err := newCluster(f, name, plan.For(index), started[index])
		if err != nil {
			return fmt.Errorf("connect to cluster %q: %w", name, err)
		}
		f.clusters[name] = cluster
	}
	return nil
}
