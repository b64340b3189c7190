// Package balancer gives Services of type LoadBalancer their addresses, as a cloud's controller would.
package balancer

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"fairway.dev/fairway/e2e/fleet/node/address"
)

// assignments remembers which Service holds which address.
type assignments struct {
	pool *address.Pool
	held map[types.UID]netip.Addr
}

// wish is a status that a Service should have; an invalid address means none.
type wish struct {
	service *corev1.Service
	address netip.Addr
}

// plan brings the assignments in line with all Services that exist, and returns the statuses to write and the Services for
// which there is no address. Those that already hold one, as their status says after a restart, come first.
func (a *assignments) plan(services []*corev1.Service) (wishes []wish, without []*corev1.Service) {
	ours := map[types.UID]bool{}
	for _, s := range services {
		ours[s.UID] = wanted(s)
	}
	for uid, held := range a.held {
		if !ours[uid] {
			a.pool.Release(held)
			delete(a.held, uid)
		}
	}
	services = slices.SortedFunc(slices.Values(services), func(x, y *corev1.Service) int {
		return x.CreationTimestamp.Compare(y.CreationTimestamp.Time)
	})
	for _, s := range services {
		if current := shown(s); ours[s.UID] && !a.held[s.UID].IsValid() && current.IsValid() && a.pool.Claim(current) {
			a.held[s.UID] = current
		}
	}
	for _, s := range services {
		if ours[s.UID] && !a.held[s.UID].IsValid() && !a.assign(s) {
			without = append(without, s)
			continue
		}
		foreign := s.Spec.Type == corev1.ServiceTypeLoadBalancer && !ours[s.UID]
		if current := shown(s); !foreign && current != a.held[s.UID] {
			wishes = append(wishes, wish{s, a.held[s.UID]})
		}
	}
	return wishes, without
}

func (a *assignments) assign(s *corev1.Service) bool {
	if ip := asked(s); ip != "" {
		address, err := netip.ParseAddr(ip)
		if err != nil || !a.pool.Claim(address) {
			return false
		}
		a.held[s.UID] = address
		return true
	}
	free, err := a.pool.Take()
	if err != nil {
		return false
	}
	a.held[s.UID] = free
	return true
}

// asked is the address that a Service asks for: deprecated, but the only way that is no provider's own.
func asked(s *corev1.Service) string { return s.Spec.LoadBalancerIP } //nolint:staticcheck // see above

// wanted tells whether a Service should have an address from here: one of a class is another implementation's.
func wanted(s *corev1.Service) bool {
	return s.Spec.Type == corev1.ServiceTypeLoadBalancer && s.Spec.LoadBalancerClass == nil && s.DeletionTimestamp == nil
}

// shown is the address in a Service's status.
func shown(s *corev1.Service) netip.Addr {
	for _, ingress := range s.Status.LoadBalancer.Ingress {
		if a, err := netip.ParseAddr(ingress.IP); err == nil {
			return a
		}
	}
	return netip.Addr{}
}
