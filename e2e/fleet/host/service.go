package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sync/errgroup"

	"fairway.dev/fairway/e2e/fleet/internal/control"
	"fairway.dev/fairway/e2e/fleet/internal/pki"
)

// host is everything that runs in the fleet.
type host struct {
	children  *children
	forwarder *forwarder
	clusters  map[string]*cluster
}

// service is what the parent may ask of the host; net/rpc calls its methods. See package control.
type service struct{ host *host }

// Start makes and starts every cluster, all at the same time.
func (s *service) Start(fleet control.Fleet, reply *[]control.Cluster) error {
	if err := mountState(fleet.State); err != nil {
		return err
	}
	*reply = make([]control.Cluster, len(fleet.Clusters))
	var starting errgroup.Group
	for index, name := range fleet.Clusters {
		c, err := newCluster(index, fleet, s.host.children)
		if err != nil {
			return fmt.Errorf("make cluster %q: %w", name, err)
		}
		s.host.clusters[name] = c
		starting.Go(func() (err error) {
			if (*reply)[index], err = s.host.start(c); err != nil {
				return fmt.Errorf("start cluster %q: %w", name, err)
			}
			return nil
		})
	}
	return starting.Wait()
}

func (h *host) start(c *cluster) (control.Cluster, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.startKube(); err != nil {
		return control.Cluster{}, err
	}
	if err := c.startNode(); err != nil {
		return control.Cluster{}, err
	}
	outside, err := h.forwarder.forward(c.addresses.APIServer())
	if err != nil {
		return control.Cluster{}, err
	}
	if err := h.forwarder.forwardInside(outside, c.addresses.APIServer()); err != nil {
		return control.Cluster{}, err
	}
	admin, err := c.pki.Credentials(pki.Admin)
	if err != nil {
		return control.Cluster{}, err
	}
	key, err := os.ReadFile(c.pki.ServiceAccountKey())
	if err != nil {
		return control.Cluster{}, fmt.Errorf("read the key of service accounts: %w", err)
	}
	return control.Cluster{Outside: outside, Admin: admin, ServiceAccountKey: key}, nil
}

// Freeze stops a cluster's control plane without ending it. Its nodes go on.
func (s *service) Freeze(name string, _ *struct{}) error {
	return s.with(name, func(c *cluster) error {
		if c.kube == nil {
			return errors.New("its control plane does not run")
		}
		if c.frozen {
			return nil
		}
		c.frozen = true
		return c.children.freeze(c.kube)
	})
}

// Thaw lets a frozen control plane go on.
func (s *service) Thaw(name string, _ *struct{}) error {
	return s.with(name, func(c *cluster) error {
		if c.kube == nil {
			return errors.New("its control plane does not run")
		}
		c.frozen = false
		return c.children.signal(c.kube, syscall.SIGCONT)
	})
}

// Kill ends a control plane at once, frozen or not. Its nodes go on.
func (s *service) Kill(name string, _ *struct{}) error {
	return s.with(name, func(c *cluster) error { return c.stopKube(syscall.SIGKILL) })
}

// Restart starts a control plane on its old data. One that runs is asked to end first.
func (s *service) Restart(name string, _ *struct{}) error {
	return s.with(name, func(c *cluster) error {
		signal := syscall.SIGTERM
		if c.frozen {
			signal = syscall.SIGKILL
		}
		if err := c.stopKube(signal); err != nil {
			return err
		}
		return c.startKube()
	})
}

// Forward opens a loopback port outside that leads to an address of the fleet.
func (s *service) Forward(target netip.AddrPort, reply *netip.AddrPort) (err error) {
	*reply, err = s.host.forwarder.forward(target)
	return err
}

// with runs one change of one cluster at a time.
func (s *service) with(name string, change func(*cluster) error) error {
	c := s.host.clusters[name]
	if c == nil {
		return fmt.Errorf("no cluster %q in this fleet", name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return change(c)
}
