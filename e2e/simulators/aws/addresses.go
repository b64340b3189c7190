package aws

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
)

// Ranges that are taken by nobody else's custom: 127.64.0.0/16 to 127.239.0.0/16.
const (
	firstRange = 64
	ranges     = 176
)

// claim is a range of addresses and what holds other simulators on this machine off it.
type claim struct {
	prefix netip.Prefix
	holder net.Listener
}

// claimAddresses reads a range, or finds one on loopback that no other simulator
// has: the one that it had before, if it can.
func claimAddresses(text string, before netip.Prefix) (claim, error) {
	switch text {
	case off:
		return claim{}, nil
	case "":
	default:
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return claim{}, fmt.Errorf("read address range: %w", err)
		}
		return claim{prefix: prefix}, answersAt(prefix)
	}
	candidates := []netip.Prefix{before}
	for _, i := range rand.Perm(ranges) {
		candidates = append(candidates, netip.PrefixFrom(netip.AddrFrom4([4]byte{127, byte(firstRange + i)}), 16))
	}
	for _, prefix := range candidates {
		if holder, err := hold(prefix); err == nil {
			return claim{prefix, holder}, nil
		}
	}
	return claim{}, fmt.Errorf("no range of 127.0.0.0/8 is free for load balancers")
}

// answersAt says what is missing if this machine does not answer at a range.
func answersAt(prefix netip.Prefix) error {
	first := prefix.Masked().Addr().Next()
	probe, err := net.Listen("tcp", netip.AddrPortFrom(first, 0).String())
	if err != nil {
		return fmt.Errorf("this machine does not answer at the addresses of %s (ip route add local %[1]s dev lo): %w", prefix, err)
	}
	return probe.Close()
}

// hold takes a port in a range's second half, high above those of listeners.
func hold(prefix netip.Prefix) (net.Listener, error) {
	if !prefix.IsValid() || !prefix.Addr().Is4() || prefix.Bits() != 16 {
		return nil, fmt.Errorf("no range of ours: %s", prefix)
	}
	a := prefix.Addr().As4()
	return net.Listen("tcp", fmt.Sprintf("%d.%d.255.254:65535", a[0], a[1]))
}

func (c claim) release() error {
	if c.holder == nil {
		return nil
	}
	return c.holder.Close()
}
