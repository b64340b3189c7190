// Package lastknown keeps the last known endpoints of every exported service
// as EndpointSlices on the hub, so that a hub that restarts while a member is
// dead still knows them.
//
// One slice holds endpoints of one service port, one pod port and one address
// family, at most MaxEndpoints of them. The slice's one port carries the
// Service port's name, as the MCS API has it, and the annotation
// fairway.dev/service-port its number. A service port without endpoints has
// one slice without any, which tells "none" from "not known". What an
// Endpoint says of its node beyond name and zone is in the annotation
// fairway.dev/nodes.
package lastknown

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/owner"
	"fairway.dev/fairway/reconcile/internal/endpoints"
)

// ManagedBy is the value of endpointslice.kubernetes.io/managed-by on stored
// slices.
const ManagedBy = "fairway.dev"

// MaxEndpoints is how many endpoints the API server takes in one slice.
const MaxEndpoints = 1000

const (
	annotationServicePort = "fairway.dev/service-port"
	annotationNodes       = "fairway.dev/nodes"
)

// node is what a slice's endpoint cannot say of where it runs.
type node struct {
	Region     string `json:"region,omitempty"`
	IP         string `json:"ip,omitempty"`
	ProviderID string `json:"providerID,omitempty"`
}

// family is an address family and a pod port: what endpoints of one slice
// have in common.
type family struct {
	addressType discoveryv1.AddressType
	port        uint16
}

// marks are the labels of the slices that a hub stored.
func marks(hubID string) map[string]string {
	return map[string]string{discoveryv1.LabelManagedBy: ManagedBy, owner.ManagedByKey: owner.ManagedBy, owner.HubKey: hubID}
}

// encode gives the slices in which a hub keeps what a cluster exports as
// service. The same content gives the same slices.
func encode(hubID string, service ir.Service, cluster string, ports endpoints.Ports) ([]discoveryv1.EndpointSlice, error) {
	var all []discoveryv1.EndpointSlice
	for number, p := range ports {
		groups := map[family][]ir.Endpoint{}
		for _, e := range p.Endpoints {
			f := familyOf(e)
			groups[f] = append(groups[f], e)
		}
		if len(groups) == 0 {
			groups[family{addressType: discoveryv1.AddressTypeIPv4}] = nil
		}
		for f, list := range groups {
			for chunk := 0; chunk == 0 || chunk*MaxEndpoints < len(list); chunk++ {
				part := list[chunk*MaxEndpoints : min(len(list), (chunk+1)*MaxEndpoints)]
				s, err := encodeSlice(hubID, service, cluster, number, p.Name, f, chunk, part)
				if err != nil {
					return nil, err
				}
				all = append(all, s)
			}
		}
	}
	slices.SortFunc(all, func(a, b discoveryv1.EndpointSlice) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

func familyOf(e ir.Endpoint) family {
	f := family{addressType: discoveryv1.AddressTypeIPv4, port: e.Port}
	if a, err := netip.ParseAddr(e.Address); err == nil && a.Is6() {
		f.addressType = discoveryv1.AddressTypeIPv6
	}
	return f
}

func encodeSlice(hubID string, service ir.Service, cluster string, number uint16, portName string, f family, chunk int, list []ir.Endpoint) (discoveryv1.EndpointSlice, error) {
	s := discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:   service.Namespace,
			Name:        sliceName(hubID, service, cluster, number, f, chunk),
			Labels:      marks(hubID),
			Annotations: map[string]string{annotationServicePort: strconv.Itoa(int(number))},
		},
		AddressType: f.addressType,
		Ports:       []discoveryv1.EndpointPort{{Name: &portName, Protocol: new(corev1.ProtocolTCP)}},
	}
	s.Labels[mcsv1beta1.LabelServiceName], s.Labels[mcsv1beta1.LabelSourceCluster] = service.Name, cluster
	if len(list) > 0 {
		s.Ports[0].Port = new(int32(f.port))
	}
	nodes := map[string]node{}
	for _, e := range list {
		s.Endpoints = append(s.Endpoints, encodeEndpoint(e))
		if n := (node{Region: e.Region, IP: e.NodeIP, ProviderID: e.ProviderID}); e.Node != "" && n != (node{}) {
			nodes[e.Node] = n
		}
	}
	if len(nodes) > 0 {
		text, err := json.Marshal(nodes)
		if err != nil {
			return s, fmt.Errorf("encode nodes of %s/%s: %w", s.Namespace, s.Name, err)
		}
		s.Annotations[annotationNodes] = string(text)
	}
	return s, nil
}

func encodeEndpoint(e ir.Endpoint) discoveryv1.Endpoint {
	out := discoveryv1.Endpoint{
		Addresses: []string{e.Address},
		Conditions: discoveryv1.EndpointConditions{
			Ready:       new(e.Serving && !e.Terminating),
			Serving:     new(e.Serving),
			Terminating: new(e.Terminating),
		},
	}
	if e.Node != "" {
		out.NodeName = new(e.Node)
	}
	if e.Zone != "" {
		out.Zone = new(e.Zone)
	}
	return out
}

// sliceName is the same for the same content's place, and another one for
// another hub, so that two hubs in one cluster never write the same slice.
// Services and clusters are DNS labels, so that it fits a resource name.
func sliceName(hubID string, service ir.Service, cluster string, number uint16, f family, chunk int) string {
	place := fmt.Sprintf("%s\x00%s\x00%s\x00%d\x00%s\x00%d\x00%d", hubID, service.Name, cluster, number, f.addressType, f.port, chunk)
	sum := sha256.Sum256([]byte(place))
	return service.Name + "-" + cluster + "-" + hex.EncodeToString(sum[:5])
}

// decode reads one stored slice into ports.
func decode(s *discoveryv1.EndpointSlice, at endpoints.Locality, ports endpoints.Ports) error {
	number, err := strconv.ParseUint(s.Annotations[annotationServicePort], 10, 16)
	if err != nil || len(s.Ports) != 1 {
		return fmt.Errorf("stored slice %s/%s: not one port with a service port number", s.Namespace, s.Name)
	}
	nodes := map[string]node{}
	if text := s.Annotations[annotationNodes]; text != "" {
		if err := json.Unmarshal([]byte(text), &nodes); err != nil {
			return fmt.Errorf("stored slice %s/%s: annotation %s: %w", s.Namespace, s.Name, annotationNodes, err)
		}
	}
	p := ports[uint16(number)]
	p.Name = ptr.Deref(s.Ports[0].Name, "")
	for _, e := range s.Endpoints {
		n := nodes[ptr.Deref(e.NodeName, "")]
		for _, address := range e.Addresses {
			p.Endpoints = append(p.Endpoints, ir.Endpoint{
				Address:     address,
				Port:        uint16(ptr.Deref(s.Ports[0].Port, 0)),
				Zone:        ptr.Deref(e.Zone, ""),
				Region:      cmp.Or(n.Region, at.Region),
				Network:     at.Network,
				Node:        ptr.Deref(e.NodeName, ""),
				NodeIP:      n.IP,
				ProviderID:  n.ProviderID,
				Serving:     ptr.Deref(e.Conditions.Serving, false),
				Terminating: ptr.Deref(e.Conditions.Terminating, false),
			})
		}
	}
	p.Endpoints = endpoints.Normalize(p.Endpoints)
	ports[uint16(number)] = p
	return nil
}
