package endpoints

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/utils/ptr"

	"fairway.dev/fairway/providers/ir"
)

// Locality is what a member says of itself: the region of nodes that carry
// no region label, and the network that its pods are in.
type Locality struct {
	Region  string
	Network string
}

// FromSlices gives a Service's TCP ports with their endpoints. A Service port
// is matched with the slices' ports by name, as Kubernetes does: what number it
// has may differ from slice to slice. node may return nil.
//
// A pod of two address families has an address of each. As from the Service's
// own address, requests go to the family that the Service names first, so that
// no pod counts twice; to the other one only where the first has no endpoint.
func FromSlices(service *corev1.Service, all []discoveryv1.EndpointSlice, node func(name string) *corev1.Node, at Locality) Ports {
	ports := Ports{}
	for _, sp := range service.Spec.Ports {
		if protocolOf(sp.Protocol) == corev1.ProtocolTCP {
			ports[uint16(sp.Port)] = Port{Name: sp.Name, Endpoints: ofPort(service, sp.Name, all, node, at)}
		}
	}
	return ports
}

func protocolOf(p corev1.Protocol) corev1.Protocol {
	return cmp.Or(p, corev1.ProtocolTCP)
}

func ofPort(service *corev1.Service, name string, all []discoveryv1.EndpointSlice, node func(string) *corev1.Node, at Locality) []ir.Endpoint {
	byFamily := map[discoveryv1.AddressType][]ir.Endpoint{}
	for i := range all {
		s := &all[i]
		for _, p := range s.Ports {
			if ptr.Deref(p.Name, "") != name || protocolOf(ptr.Deref(p.Protocol, "")) != corev1.ProtocolTCP || p.Port == nil {
				continue
			}
			for j := range s.Endpoints {
				byFamily[s.AddressType] = append(byFamily[s.AddressType], fromEndpoint(&s.Endpoints[j], uint16(*p.Port), node, at)...)
			}
		}
	}
	four, six := byFamily[discoveryv1.AddressTypeIPv4], byFamily[discoveryv1.AddressTypeIPv6]
	if families := service.Spec.IPFamilies; len(families) > 0 && len(four) > 0 && len(six) > 0 {
		if families[0] == corev1.IPv6Protocol {
			four = nil
		} else {
			six = nil
		}
	}
	return Normalize(slices.Concat(four, six))
}

func fromEndpoint(e *discoveryv1.Endpoint, port uint16, node func(string) *corev1.Node, at Locality) []ir.Endpoint {
	one := ir.Endpoint{
		Port:        port,
		Zone:        ptr.Deref(e.Zone, ""),
		Region:      at.Region,
		Network:     at.Network,
		Node:        ptr.Deref(e.NodeName, ""),
		Serving:     serving(e.Conditions),
		Terminating: ptr.Deref(e.Conditions.Terminating, false),
	}
	if n := node(one.Node); n != nil {
		one.Region = cmp.Or(n.Labels[corev1.LabelTopologyRegion], at.Region)
		one.Zone = cmp.Or(one.Zone, n.Labels[corev1.LabelTopologyZone])
		one.NodeIP = NodeIP(n)
		one.ProviderID = n.Spec.ProviderID
	}
	list := make([]ir.Endpoint, 0, len(e.Addresses))
	for _, a := range e.Addresses {
		one.Address = a
		list = append(list, one)
	}
	return list
}

// serving reports whether an endpoint may be sent requests. A ready one may
// even when its pod is not: publishNotReadyAddresses says so. One that is not
// ready may where serving says so outright, as of a pod that terminates; left
// out, serving adds nothing, so that ready alone keeps a pod out.
func serving(c discoveryv1.EndpointConditions) bool {
	return ptr.Deref(c.Ready, true) || ptr.Deref(c.Serving, false)
}

// NodeIP is the node's first internal address, or empty.
func NodeIP(n *corev1.Node) string {
	for _, a := range n.Status.Addresses {
		if a.Type == corev1.NodeInternalIP {
			return a.Address
		}
	}
	return ""
}

// Normalize sorts endpoints by address and port and leaves one of each. Of
// two of the same address and port the one that serves stays: a pod may be
// in two slices for a moment while it moves between them.
func Normalize(list []ir.Endpoint) []ir.Endpoint {
	slices.SortFunc(list, func(a, b ir.Endpoint) int {
		return cmp.Or(
			cmp.Compare(a.Address, b.Address), cmp.Compare(a.Port, b.Port),
			-compareBool(a.Serving, b.Serving), compareBool(a.Terminating, b.Terminating),
			cmp.Compare(a.Node, b.Node), cmp.Compare(a.Zone, b.Zone),
		)
	})
	return slices.CompactFunc(list, func(a, b ir.Endpoint) bool { return a.Address == b.Address && a.Port == b.Port })
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}
