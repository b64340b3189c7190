// Package dns answers for the names of a cluster's Services and pods, as its DNS addon would (the specification is
// github.com/kubernetes/dns, docs/specification.md).
package dns

import (
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/utils/ptr"
)

// Domain is the cluster domain, as every name ends.
const Domain = "cluster.local."

// Services finds Services by name.
type Services interface {
	Get(namespace, name string) (*corev1.Service, bool)
}

// EndpointSlices returns all EndpointSlices.
type EndpointSlices interface {
	List() []*discoveryv1.EndpointSlice
}

// records answers from the caches.
type records struct {
	services  Services
	endpoints EndpointSlices
}

// target is one address behind a name, with the ports that lead there.
type target struct {
	address netip.Addr
	host    string // the label below the Service's name that means this address alone
	ports   []port
}

type port struct {
	name, protocol string
	number         uint16
}

// result is what a name stands for.
type result struct {
	exists  bool
	targets []target
	alias   string // of an ExternalName Service
	// service is the name, without its end, that a target's host belongs below.
	service string
	// port and protocol are set when the name asks for one port (_http._tcp.web.ns.svc).
	port, protocol string
}

// find resolves a name, in lower case and with a dot at its end.
func (r records) find(name string) result {
	rest, ok := strings.CutSuffix(name, "."+Domain)
	if !ok {
		return result{exists: name == Domain}
	}
	labels := strings.Split(rest, ".")
	slices.Reverse(labels) // the most significant first: svc, namespace, name, ...
	switch labels[0] {
	case "svc":
		return r.service(labels[1:])
	case "pod":
		return podAddress(labels[1:])
	}
	return result{}
}

// service resolves [namespace [name [host | protocol [port]]]].
func (r records) service(labels []string) result {
	if len(labels) < 2 {
		return result{exists: true} // svc.cluster.local and the namespaces are empty nodes of the tree
	}
	s, ok := r.services.Get(labels[0], labels[1])
	if !ok || len(labels) > 4 {
		return result{}
	}
	found := result{exists: true, service: labels[1] + "." + labels[0] + ".svc." + Domain}
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		found.alias = strings.TrimSuffix(s.Spec.ExternalName, ".") + "."
		return found
	}
	found.targets = r.targets(s)
	switch {
	case len(labels) == 4:
		found.port, found.protocol = strings.TrimPrefix(labels[3], "_"), strings.TrimPrefix(labels[2], "_")
		found.targets = slices.DeleteFunc(found.targets, func(t target) bool {
			return !slices.ContainsFunc(t.ports, func(p port) bool { return p.name == found.port && p.protocol == found.protocol })
		})
		found.exists = len(found.targets) > 0
	case len(labels) == 3 && !strings.HasPrefix(labels[2], "_"):
		found.targets = slices.DeleteFunc(found.targets, func(t target) bool { return t.host != labels[2] })
		found.exists = len(found.targets) > 0
	case len(labels) == 3:
		found.targets = nil // _tcp.web.ns.svc is an empty node
	}
	return found
}

// targets are the cluster address of a Service, or the endpoints of a headless one.
func (r records) targets(s *corev1.Service) []target {
	if s.Spec.ClusterIP != corev1.ClusterIPNone {
		address, err := netip.ParseAddr(s.Spec.ClusterIP)
		if err != nil || !address.Is4() {
			return nil
		}
		t := target{address: address}
		for _, p := range s.Spec.Ports {
			t.ports = append(t.ports, port{p.Name, strings.ToLower(string(p.Protocol)), uint16(p.Port)})
		}
		return []target{t}
	}
	var targets []target
	for _, e := range r.endpoints.List() {
		if e.Namespace != s.Namespace || e.Labels[discoveryv1.LabelServiceName] != s.Name || e.AddressType != discoveryv1.AddressTypeIPv4 {
			continue
		}
		var ports []port
		for _, p := range e.Ports {
			protocol := ptr.Deref(p.Protocol, corev1.ProtocolTCP)
			ports = append(ports, port{ptr.Deref(p.Name, ""), strings.ToLower(string(protocol)), uint16(ptr.Deref(p.Port, 0))})
		}
		for _, endpoint := range e.Endpoints {
			// The controller marks what is to be published although it is not ready as ready.
			address, err := netip.ParseAddr(endpoint.Addresses[0])
			if err != nil || !ptr.Deref(endpoint.Conditions.Ready, true) {
				continue
			}
			host := ptr.Deref(endpoint.Hostname, "")
			if host == "" {
				host = strings.ReplaceAll(address.String(), ".", "-")
			}
			targets = append(targets, target{address, host, ports})
		}
	}
	slices.SortFunc(targets, func(a, b target) int { return a.address.Compare(b.address) })
	return targets
}

// podAddress resolves [namespace [address]]: 10-64-1-2.ns.pod.cluster.local means 10.64.1.2.
func podAddress(labels []string) result {
	if len(labels) < 2 {
		return result{exists: true}
	}
	address, err := netip.ParseAddr(strings.ReplaceAll(labels[1], "-", "."))
	if err != nil || len(labels) > 2 {
		return result{}
	}
	return result{exists: true, targets: []target{{address: address}}}
}
