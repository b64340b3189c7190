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

// FromSlices gives a Service's ports with their endpoints. A Service port is
// matched with the slices' ports by name, as Kubernetes does. Where one port
// number is used for several protocols, TCP counts. node may return nil.
func FromSlices(service *corev1.Service, all []discoveryv1.EndpointSlice, node func(name string) *corev1.Node, at Locality) Ports {
	ports := Ports{}
	for _, sp := range service.Spec.Ports {
		number := uint16(sp.Port)
		if _, taken := ports[number]; taken && protocolOf(sp.Protocol) != corev1.ProtocolTCP {
			continue
		}
		ports[number] = Port{Name: sp.Name, Endpoints: ofPort(sp, all, node, at)}
	}
	return ports
}

func protocolOf(p corev1.Protocol) corev1.Protocol {
	if p == "" {
		return corev1.ProtocolTCP
	}
	return p
}

func ofPort(sp corev1.ServicePort, all []discoveryv1.EndpointSlice, node func(string) *corev1.Node, at Locality) []ir.Endpoint {
	var list []ir.Endpoint
	for i := range all {
		s := &all[i]
		if s.AddressType != discoveryv1.AddressTypeIPv4 && s.AddressType != discoveryv1.AddressTypeIPv6 {
			continue
		}
		for _, p := range s.Ports {
			if ptr.Deref(p.Name, "") != sp.Name || protocolOf(ptr.Deref(p.Protocol, "")) != protocolOf(sp.Protocol) || p.Port == nil {
				continue
			}
			for j := range s.Endpoints {
				list = append(list, fromEndpoint(&s.Endpoints[j], uint16(*p.Port), node, at)...)
			}
		}
	}
	return Normalize(list)
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
