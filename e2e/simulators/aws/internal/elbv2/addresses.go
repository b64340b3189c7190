package elbv2

import (
	"net/netip"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// addressPool gives load balancers the addresses that the carrier listens on,
// for all accounts and regions.
type addressPool struct {
	prefix netip.Prefix
	mu     sync.Mutex
	taken  map[netip.Addr]bool
	next   netip.Addr
}

func newAddressPool(prefix netip.Prefix) *addressPool {
	p := &addressPool{prefix: prefix, taken: map[netip.Addr]bool{}}
	if prefix.IsValid() {
		p.next = prefix.Masked().Addr().Next()
	}
	return p
}

// take marks addresses of a load balancer that was loaded. It tells whether they are of the range.
func (p *addressPool) take(addresses []traffic.Address) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range addresses {
		if !p.prefix.IsValid() || !p.prefix.Contains(a.IP) {
			return false
		}
		p.taken[a.IP] = true
	}
	return len(addresses) > 0 || !p.prefix.IsValid()
}

// give gives a load balancer one address for each zone; it keeps those that it
// has in zones that stay, and gives back the others.
func (p *addressPool) give(b *balancer, zones []types.AvailabilityZone, had []traffic.Address) []traffic.Address {
	if b.kind() == types.LoadBalancerTypeEnumGateway {
		return nil
	}
	var addresses []traffic.Address
	for _, z := range zones {
		zone := aws.ToString(z.ZoneName)
		if i := slices.IndexFunc(had, func(a traffic.Address) bool { return a.Zone == zone }); i >= 0 {
			addresses = append(addresses, had[i])
			continue
		}
		if ip, ok := p.free(); ok {
			addresses = append(addresses, traffic.Address{IP: ip, Zone: zone})
		}
	}
	for _, a := range had {
		if !slices.Contains(addresses, a) {
			p.back([]traffic.Address{a})
		}
	}
	return addresses
}

// free takes the next free address. Those given back come last, so that an
// address is not another load balancer's at once.
func (p *addressPool) free() (netip.Addr, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.next.IsValid() {
		return netip.Addr{}, false
	}
	begin := p.next
	for {
		ip := p.next
		if p.next = ip.Next(); !p.prefix.Contains(p.next) {
			p.next = p.prefix.Masked().Addr().Next()
		}
		if !p.taken[ip] && p.prefix.Contains(ip) {
			p.taken[ip] = true
			return ip, true
		}
		if p.next == begin {
			return netip.Addr{}, false
		}
	}
}

func (p *addressPool) back(addresses []traffic.Address) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range addresses {
		delete(p.taken, a.IP)
	}
}
