package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"github.com/vishvananda/netns"

	"fairway.dev/fairway/e2e/fleet/internal/control"
	"fairway.dev/fairway/e2e/fleet/internal/pki"
	"fairway.dev/fairway/e2e/fleet/internal/plan"
)

// cluster is one cluster: a network namespace with a control plane (kube) and its nodes (node).
type cluster struct {
	name      string
	fleet     control.Fleet
	addresses plan.Cluster
	pki       pki.Dir
	namespace netns.NsHandle
	children  *children

	mu     sync.Mutex
	kube   *child
	frozen bool
}

// newCluster makes the network and the credentials of the cluster with an index, and starts nothing.
func newCluster(index int, fleet control.Fleet, children *children) (*cluster, error) {
	c := &cluster{name: fleet.Clusters[index], fleet: fleet, addresses: plan.For(index), children: children}
	c.pki = pki.Dir(c.state("pki"))
	if err := pki.Write(c.pki, c.addresses, fleet.Nodes); err != nil {
		return nil, err
	}
	var err error
	c.namespace, err = newClusterNetwork(index, c.addresses)
	return c, err
}

// state is the path of a part of the cluster's data.
func (c *cluster) state(part string) string { return filepath.Join(c.fleet.State, c.name, part) }

// startKube starts the control plane and waits until it is ready. It continues the data of an
// earlier one. The caller holds mu.
func (c *cluster) startKube() error {
	kube, err := c.launch("kube", c.fleet.Kube,
		"--data", c.state("kube"),
		"--pki", string(c.pki),
		"--address", c.addresses.APIServer().String(),
		"--service-network", c.addresses.Services.String(),
	)
	c.kube, c.frozen = kube, false
	return err
}

// startNode starts the nodes and waits until they are ready.
func (c *cluster) startNode() error {
	if err := os.MkdirAll(c.state("node"), 0o755); err != nil {
		return fmt.Errorf("create the nodes' folder: %w", err)
	}
	_, err := c.launch("node", c.fleet.Node,
		"--cluster", c.name,
		"--kubeconfig", c.pki.Kubeconfig(pki.Node),
		"--node-network", c.addresses.Nodes.String(),
		"--pod-network", c.addresses.Pods.String(),
		"--service-network", c.addresses.Services.String(),
		"--dns", c.addresses.DNS().String(),
		"--load-balancer-network", c.addresses.LoadBalancers.String(),
		"--images", c.fleet.Images,
		"--state", c.state("node"),
		"--kubelet-cert", c.pki.Cert(pki.Kubelet),
		"--kubelet-key", c.pki.Key(pki.Kubelet),
		"--client-ca", c.pki.Cert(pki.CA),
		"--nodes", strconv.Itoa(c.fleet.Nodes),
	)
	return err
}

func (c *cluster) log(program string) string { return control.LogFile(c.fleet.Logs, c.name, program) }

// launch starts a program of the cluster and waits until it prints "ready". Its log is appended to.
func (c *cluster) launch(program, path string, args ...string) (*child, error) {
	log, err := os.OpenFile(c.log(program), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	stdout, output, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make a pipe: %w", err), log.Close())
	}
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = output, log
	started, err := c.children.start(c.namespace, cmd)
	_ = output.Close()
	if err != nil {
		return nil, errors.Join(err, stdout.Close(), log.Close())
	}
	ready := make(chan struct{})
	go follow(stdout, log, ready)
	select {
	case <-ready:
		go c.watch(program, started)
		return started, nil
	case <-started.done:
		return nil, fmt.Errorf("%s of cluster %q ended before it was ready (%s); %s says:\n%s",
			program, c.name, started.reason(), c.log(program), tail(c.log(program)))
	}
}

// watch tells when a program ends that nobody asked to end.
func (c *cluster) watch(program string, running *child) {
	<-running.done
	if !running.stopped.Load() {
		slog.Error("Program of a cluster ended by itself",
			"cluster", c.name, "program", program, "reason", running.reason(), "log", c.log(program))
	}
}

// follow closes ready at the line "ready" and writes every other line of the output to the log.
func follow(output io.ReadCloser, log io.WriteCloser, ready chan<- struct{}) {
	defer func() { _ = errors.Join(output.Close(), log.Close()) }()
	lines := bufio.NewReader(output)
	for seen := false; ; {
		line, err := lines.ReadString('\n')
		if line == "ready\n" && !seen {
			seen = true
			close(ready)
		} else if _, werr := io.WriteString(log, line); werr != nil {
			return
		}
		if err != nil {
			return
		}
	}
}

// stopKube ends the control plane with a signal and waits until it is gone. The caller holds mu.
func (c *cluster) stopKube(signal syscall.Signal) error {
	if c.kube == nil {
		return nil
	}
	c.kube.stopped.Store(true)
	if err := c.children.signal(c.kube, signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal the control plane: %w", err)
	}
	<-c.kube.done
	c.kube, c.frozen = nil, false
	return nil
}
