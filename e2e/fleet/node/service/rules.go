// Package service makes Services reachable: it turns Services and EndpointSlices into rules and writes them, as NAT, into the
// packet filter of the cluster's network namespace.
package service

import (
	"cmp"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/utils/ptr"
)

// Frontend is where clients connect to.
type Frontend struct {
	Address  netip.Addr
	Protocol corev1.Protocol // TCP or UDP
	Port     uint16
}

// Rules says for each frontend which backends share its connections, sorted. A frontend without backends is absent: its
// connections are refused.
type Rules map[Frontend][]netip.AddrPort

// Build derives the rules of all Services with a cluster address, for that address and those of their load balancer.
func Build(services []*corev1.Service, endpoints []*discoveryv1.EndpointSlice) Rules {
	type name struct{ namespace, name string }
	byService := map[name][]*discoveryv1.EndpointSlice{}
	for _, e := range endpoints {
		owner := name{e.Namespace, e.Labels[discoveryv1.LabelServiceName]}
		if e.AddressType == discoveryv1.AddressTypeIPv4 && owner.name != "" {
			byService[owner] = append(byService[owner], e)
		}
	}
	rules := Rules{}
	for _, s := range services {
		addresses := frontendAddresses(s)
		if len(addresses) == 0 {
			continue
		}
		for _, port := range s.Spec.Ports {
			if port.Protocol != corev1.ProtocolTCP && port.Protocol != corev1.ProtocolUDP {
				continue
			}
			backends := choose(byService[name{s.Namespace, s.Name}], port)
			if len(backends) == 0 {
				continue
			}
			for _, a := range addresses {
				rules[Frontend{a, port.Protocol, uint16(port.Port)}] = backends
			}
		}
	}
	return rules
}

// frontendAddresses are the IPv4 addresses at which a Service is reached.
func frontendAddresses(s *corev1.Service) []netip.Addr {
	if s.Spec.Type == corev1.ServiceTypeExternalName || s.Spec.ClusterIP == corev1.ClusterIPNone {
		return nil
	}
	texts := slices.Clone(s.Spec.ClusterIPs)
	for _, ingress := range s.Status.LoadBalancer.Ingress {
		if ptr.Deref(ingress.IPMode, corev1.LoadBalancerIPModeVIP) == corev1.LoadBalancerIPModeVIP {
			texts = append(texts, ingress.IP)
		}
	}
	var addresses []netip.Addr
	for _, text := range texts {
		if a, err := netip.ParseAddr(text); err == nil && a.Is4() {
			addresses = append(addresses, a)
		}
	}
	return addresses
}

// choose takes the ready endpoints of a port; only when there is none, those that still serve while they terminate (the
// rule of Kubernetes' own proxy, KEP-1669).
func choose(endpoints []*discoveryv1.EndpointSlice, port corev1.ServicePort) []netip.AddrPort {
	var ready, leaving []netip.AddrPort
	for _, e := range endpoints {
		for _, p := range e.Ports {
			if ptr.Deref(p.Name, "") != port.Name || p.Port == nil || ptr.Deref(p.Protocol, corev1.ProtocolTCP) != port.Protocol {
				continue
			}
			for _, endpoint := range e.Endpoints {
				address, err := netip.ParseAddr(endpoint.Addresses[0])
				if err != nil {
					continue // the API server validates them; another type's slice is not ours
				}
				backend := netip.AddrPortFrom(address, uint16(*p.Port))
				c := endpoint.Conditions
				switch {
				case ptr.Deref(c.Ready, true):
					ready = append(ready, backend)
				case ptr.Deref(c.Serving, false) && ptr.Deref(c.Terminating, false):
					leaving = append(leaving, backend)
				}
			}
		}
	}
	chosen := ready
	if len(chosen) == 0 {
		chosen = leaving
	}
	slices.SortFunc(chosen, netip.AddrPort.Compare)
	return slices.Compact(chosen)
}

// change is the difference between two sets of rules.
type change struct {
	set, gone []Frontend
	// hairpins are the backends' addresses that come and go.
	hairpinsSet, hairpinsGone []netip.Addr
	// fresh tells which of the frontends to set did not exist before.
	fresh map[Frontend]bool
}

func diff(before, after Rules) change {
	c := change{fresh: map[Frontend]bool{}}
	for f, backends := range after {
		old, ok := before[f]
		if !ok {
			c.fresh[f] = true
		}
		if !ok || !slices.Equal(old, backends) {
			c.set = append(c.set, f)
		}
	}
	for f := range before {
		if _, ok := after[f]; !ok {
			c.gone = append(c.gone, f)
		}
	}
	slices.SortFunc(c.set, compare)
	slices.SortFunc(c.gone, compare)
	old, current := addresses(before), addresses(after)
	for a := range current {
		if !old[a] {
			c.hairpinsSet = append(c.hairpinsSet, a)
		}
	}
	for a := range old {
		if !current[a] {
			c.hairpinsGone = append(c.hairpinsGone, a)
		}
	}
	slices.SortFunc(c.hairpinsSet, netip.Addr.Compare)
	slices.SortFunc(c.hairpinsGone, netip.Addr.Compare)
	return c
}

func (c *change) empty() bool {
	return len(c.set)+len(c.gone)+len(c.hairpinsSet)+len(c.hairpinsGone) == 0
}

func compare(a, b Frontend) int {
	return cmp.Or(a.Address.Compare(b.Address), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Port, b.Port))
}

func addresses(r Rules) map[netip.Addr]bool {
	all := map[netip.Addr]bool{}
	for _, backends := range r {
		for _, b := range backends {
			all[b.Addr()] = true
		}
	}
	return all
}
