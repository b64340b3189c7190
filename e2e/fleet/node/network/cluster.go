// Package network builds a cluster's network inside of one network namespace: the nodes' own addresses, the ranges that
// stand for Services, and a namespace with a point-to-point link per pod. There is no bridge: the cluster's namespace
// routes every packet, so its NAT rules see pods that talk to pods, too.
package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Setup prepares the namespace that the process runs in. It assigns the nodes' addresses and makes the virtual ranges
// local, so that a port of theirs that nothing redirects answers with a refused connection, as an unused port should.
// What this namespace itself opens to those ranges and to pods comes from the first node's address.
func Setup(nodes []netip.Addr, virtual ...netip.Prefix) error {
	if len(nodes) == 0 {
		return errors.New("a cluster needs a node")
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find the loopback device: %w", err)
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return fmt.Errorf("bring up the loopback device: %w", err)
	}
	for _, a := range nodes {
		address := &netlink.Addr{IPNet: host(a)}
		if err := netlink.AddrReplace(lo, address); err != nil {
			return fmt.Errorf("assign node address %s: %w", a, err)
		}
	}
	for _, p := range virtual {
		route := &netlink.Route{
			LinkIndex: lo.Attrs().Index,
			Dst:       &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), 32)},
			Src:       nodes[0].AsSlice(),
			Type:      unix.RTN_LOCAL,
			Table:     unix.RT_TABLE_LOCAL,
			Scope:     netlink.SCOPE_HOST,
		}
		if err := netlink.RouteReplace(route); err != nil {
			return fmt.Errorf("make %s local: %w", p, err)
		}
	}
	return sysctl("net.ipv4.ip_forward", "1")
}

// TrackLeniently keeps connection tracking from calling packets invalid because they are out of window: they would not be
// translated, and the receiver of an untranslated packet resets the connection. Some kernels have the setting only once the
// packet filter translates addresses.
func TrackLeniently() error { return sysctl("net.netfilter.nf_conntrack_tcp_be_liberal", "1") }

func host(a netip.Addr) *net.IPNet {
	return &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(a.BitLen(), a.BitLen())}
}

// sysctl sets a parameter in the network namespace of the calling thread.
func sysctl(name, value string) error {
	path := filepath.Join("/proc/sys", strings.ReplaceAll(name, ".", "/"))
	if err := os.WriteFile(path, []byte(value), 0o644); err != nil {
		return fmt.Errorf("set sysctl %s to %q: %w", name, value, err)
	}
	return nil
}
