package network

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

var (
	// gateway is the pods' next hop. Nobody owns the address: a permanent neighbour entry leads to the cluster's end
	// of the link (the way of Calico).
	gateway = netip.AddrFrom4([4]byte{169, 254, 1, 1})
	// gatewayMAC is the hardware address of the cluster's end of every link.
	gatewayMAC = net.HardwareAddr{0xee, 0xee, 0xee, 0xee, 0xee, 0xee}
)

// Pod is the network namespace of one pod and its link to the cluster's namespace.
type Pod struct {
	// Address is the pod's only address.
	Address netip.Addr

	namespace netns.NsHandle
	link      netlink.Link
}

// NewPod makes a namespace with a loopback device, the pod's address and a default route, and routes the address to it.
// The sysctls (name to value) are set inside of the namespace. The source is the address that the cluster's namespace
// uses when it talks to the pod.
func NewPod(address, source netip.Addr, sysctls map[string]string) (*Pod, error) {
	namespace, err := newNamespace(sysctls)
	if err != nil {
		return nil, fmt.Errorf("make the network namespace of pod %s: %w", address, err)
	}
	p := &Pod{Address: address, namespace: namespace}
	if err := p.connect(source); err != nil {
		return nil, errors.Join(fmt.Errorf("connect pod %s: %w", address, err), p.Close())
	}
	return p, nil
}

// File opens the namespace for a process to join. The caller closes it.
func (p *Pod) File() (*os.File, error) {
	fd, err := unix.FcntlInt(uintptr(p.namespace), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("duplicate the network namespace of pod %s: %w", p.Address, err)
	}
	return os.NewFile(uintptr(fd), "netns"), nil
}

// Close removes the link with its route; the namespace ends with the last process inside.
func (p *Pod) Close() error {
	var errs []error
	if p.link != nil {
		if err := netlink.LinkDel(p.link); err != nil {
			errs = append(errs, fmt.Errorf("delete the link of pod %s: %w", p.Address, err))
		}
	}
	if err := p.namespace.Close(); err != nil {
		errs = append(errs, fmt.Errorf("close the network namespace of pod %s: %w", p.Address, err))
	}
	return errors.Join(errs...)
}

// newNamespace makes a namespace on a thread that ends with the call: no other goroutine may ever run inside of it.
func newNamespace(sysctls map[string]string) (netns.NsHandle, error) {
	type result struct {
		namespace netns.NsHandle
		err       error
	}
	results := make(chan result)
	go func() {
		runtime.LockOSThread()
		namespace, err := netns.New()
		if err != nil {
			results <- result{err: err}
			return
		}
		for name, value := range sysctls {
			err = errors.Join(err, sysctl(name, value))
		}
		if err != nil {
			err = errors.Join(err, namespace.Close())
		}
		results <- result{namespace, err}
	}()
	r := <-results
	return r.namespace, r.err
}

func (p *Pod) connect(source netip.Addr) error {
	bytes := p.Address.As4()
	podMAC := append(net.HardwareAddr{0x02, 0x00}, bytes[:]...)
	veth := &netlink.Veth{
		LinkAttrs:        netlink.LinkAttrs{Name: "pod" + hex.EncodeToString(bytes[:]), HardwareAddr: gatewayMAC},
		PeerName:         "eth0",
		PeerHardwareAddr: podMAC,
		PeerNamespace:    netlink.NsFd(p.namespace),
	}
	if err := netlink.LinkAdd(veth); err != nil {
		return fmt.Errorf("add link %s: %w", veth.Name, err)
	}
	link, err := netlink.LinkByName(veth.Name)
	if err != nil {
		return fmt.Errorf("find link %s: %w", veth.Name, err)
	}
	p.link = link
	if err := p.inside(); err != nil {
		return err
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("bring up link %s: %w", veth.Name, err)
	}
	if err := neighbour(nil, link, p.Address, podMAC); err != nil {
		return err
	}
	route := &netlink.Route{LinkIndex: link.Attrs().Index, Dst: host(p.Address), Src: source.AsSlice(), Scope: netlink.SCOPE_LINK}
	if err := netlink.RouteReplace(route); err != nil {
		return fmt.Errorf("route %s to link %s: %w", p.Address, veth.Name, err)
	}
	return nil
}

// inside configures the pod's end of the link.
func (p *Pod) inside() error {
	h, err := netlink.NewHandleAt(p.namespace, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("enter the namespace: %w", err)
	}
	defer h.Close()
	if _, err := up(h, "lo"); err != nil {
		return err
	}
	eth0, err := up(h, "eth0")
	if err != nil {
		return err
	}
	if err := h.AddrAdd(eth0, &netlink.Addr{IPNet: host(p.Address)}); err != nil {
		return fmt.Errorf("assign %s: %w", p.Address, err)
	}
	if err := neighbour(h, eth0, gateway, gatewayMAC); err != nil {
		return err
	}
	route := &netlink.Route{LinkIndex: eth0.Attrs().Index, Gw: gateway.AsSlice(), Flags: int(netlink.FLAG_ONLINK)}
	if err := h.RouteAdd(route); err != nil {
		return fmt.Errorf("add the default route: %w", err)
	}
	return nil
}

func up(h *netlink.Handle, name string) (netlink.Link, error) {
	link, err := h.LinkByName(name)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", name, err)
	}
	if err := h.LinkSetUp(link); err != nil {
		return nil, fmt.Errorf("bring up %s: %w", name, err)
	}
	return link, nil
}

// neighbour fixes the hardware address of a peer, so that the first packet need not ask for it. A nil handle means the
// namespace of the process.
func neighbour(h *netlink.Handle, link netlink.Link, address netip.Addr, mac net.HardwareAddr) error {
	entry := &netlink.Neigh{
		LinkIndex:    link.Attrs().Index,
		State:        netlink.NUD_PERMANENT,
		IP:           address.AsSlice(),
		HardwareAddr: mac,
	}
	set := netlink.NeighSet
	if h != nil {
		set = h.NeighSet
	}
	if err := set(entry); err != nil {
		return fmt.Errorf("set neighbour %s: %w", address, err)
	}
	return nil
}
