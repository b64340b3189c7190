package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"fairway.dev/fairway/e2e/fleet/internal/netspace"
	"fairway.dev/fairway/e2e/fleet/internal/plan"
)

// uplink is the name of a cluster's link to the fleet's namespace, seen from inside the cluster.
const uplink = "uplink"

// setupFleetNetwork turns the process's own, new network namespace into the router between the
// clusters.
func setupFleetNetwork() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find loopback: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return fmt.Errorf("bring up loopback: %w", err)
	}
	if err := netlink.AddrAdd(lo, &netlink.Addr{IPNet: single(plan.FleetAddress)}); err != nil {
		return fmt.Errorf("assign the fleet's address: %w", err)
	}
	return forwardPackets()
}

// newClusterNetwork makes the namespace of the cluster with an index and joins it to the fleet's
// namespace. The cluster's nodes, pods and load balancers are reached from everywhere, its
// ClusterIPs only from inside.
func newClusterNetwork(index int, addresses plan.Cluster) (netns.NsHandle, error) {
	namespace, err := netspace.New()
	if err != nil {
		return namespace, err
	}
	veth := &netlink.Veth{
		LinkAttrs:     netlink.LinkAttrs{Name: fmt.Sprintf("cluster%d", index)},
		PeerName:      uplink,
		PeerNamespace: netlink.NsFd(namespace),
	}
	if err := netlink.LinkAdd(veth); err != nil {
		return namespace, fmt.Errorf("add link %q: %w", veth.Name, err)
	}
	if err := netspace.Do(namespace, func() error { return setupCluster(addresses) }); err != nil {
		return namespace, fmt.Errorf("set up the namespace behind link %q: %w", veth.Name, err)
	}
	link, err := netlink.LinkByName(veth.Name)
	if err != nil {
		return namespace, fmt.Errorf("find link %q: %w", veth.Name, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return namespace, fmt.Errorf("bring up link %q: %w", veth.Name, err)
	}
	for _, reachable := range []netip.Prefix{addresses.Nodes, addresses.Pods, addresses.LoadBalancers} {
		err := netlink.RouteAdd(&netlink.Route{
			LinkIndex: link.Attrs().Index, Dst: network(reachable), Flags: unix.RTNH_F_ONLINK,
			Gw: addresses.APIServer().Addr().AsSlice(), Src: plan.FleetAddress.AsSlice(),
		})
		if err != nil {
			return namespace, fmt.Errorf("route %s to link %q: %w", reachable, veth.Name, err)
		}
	}
	return namespace, nil
}

// setupCluster configures a cluster's namespace from inside.
func setupCluster(addresses plan.Cluster) error {
	self := addresses.APIServer().Addr()
	for _, name := range []string{"lo", uplink} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return fmt.Errorf("find %q: %w", name, err)
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return fmt.Errorf("bring up %q: %w", name, err)
		}
	}
	link, err := netlink.LinkByName(uplink)
	if err != nil {
		return fmt.Errorf("find %q: %w", uplink, err)
	}
	if err := netlink.AddrAdd(link, &netlink.Addr{IPNet: single(self)}); err != nil {
		return fmt.Errorf("assign %s: %w", self, err)
	}
	err = netlink.RouteAdd(&netlink.Route{
		LinkIndex: link.Attrs().Index, Gw: plan.FleetAddress.AsSlice(), Src: self.AsSlice(), Flags: unix.RTNH_F_ONLINK,
	})
	if err != nil {
		return fmt.Errorf("add the default route: %w", err)
	}
	// Without these an address of the cluster that nobody has would be sent back to the fleet's
	// namespace and circle between the two.
	for _, own := range []netip.Prefix{addresses.Nodes, addresses.Pods, addresses.LoadBalancers} {
		if err := netlink.RouteAdd(&netlink.Route{Dst: network(own), Type: unix.RTN_UNREACHABLE}); err != nil {
			return fmt.Errorf("close the range %s: %w", own, err)
		}
	}
	return forwardPackets()
}

// forwardPackets makes the calling thread's network namespace a router. Reverse path filters are
// turned off since a new namespace may inherit them.
func forwardPackets() error {
	var errs []error
	for path, value := range map[string]string{
		"/proc/sys/net/ipv4/ip_forward":             "1",
		"/proc/sys/net/ipv4/conf/all/rp_filter":     "0",
		"/proc/sys/net/ipv4/conf/default/rp_filter": "0",
	} {
		if err := os.WriteFile(path, []byte(value), 0o644); err != nil {
			errs = append(errs, fmt.Errorf("set a network parameter: %w", err))
		}
	}
	return errors.Join(errs...)
}

func single(address netip.Addr) *net.IPNet {
	return network(netip.PrefixFrom(address, address.BitLen()))
}

func network(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
