package local

import (
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// maxAddresses is how many a Gateway's status can hold.
const maxAddresses = 16

// askedAddress is the address that a wish asks for; empty for any. A Service
// can ask for one.
func askedAddress(wish *ir.LoadBalancer) string {
	for _, a := range wish.Addresses {
		if a.Type == ir.IPAddress && a.Value != "" {
			return a.Value
		}
	}
	return ""
}

// addresses are where clients reach the Service, by its type.
func (p *Provider) addresses(ctx context.Context, s *state) ([]ir.Address, error) {
	service, ok := s.objects["Service"].(*corev1.Service)
	if !ok {
		return nil, nil
	}
	switch service.Spec.Type {
	case corev1.ServiceTypeClusterIP:
		return ipAddresses(service.Spec.ClusterIPs), nil
	case corev1.ServiceTypeNodePort:
		return p.nodeAddresses(ctx, s)
	}
	var all []ir.Address
	for _, i := range service.Status.LoadBalancer.Ingress {
		switch {
		case i.IP != "":
			all = append(all, ir.Address{Type: ir.IPAddress, Value: i.IP})
		case i.Hostname != "":
			all = append(all, ir.Address{Type: ir.Hostname, Value: i.Hostname})
		}
	}
	return all, nil
}

// nodeAddresses are those of the nodes that ready proxies run on: external
// ones where a node has any.
func (p *Provider) nodeAddresses(ctx context.Context, s *state) ([]ir.Address, error) {
	found := map[string]bool{}
	for name := range s.nodes {
		var node corev1.Node
		err := p.options.Client.Get(ctx, client.ObjectKey{Name: name}, &node)
		if apierrors.IsNotFound(err) {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("read node %s, where a proxy runs: %w", name, err)
		}
		for _, a := range reachable(node.Status.Addresses) {
			found[a] = true
		}
	}
	all := ipAddresses(slices.Sorted(maps.Keys(found)))
	return all[:min(len(all), maxAddresses)], nil
}

// reachable are a node's external addresses, or its internal ones if it has
// no other.
func reachable(addresses []corev1.NodeAddress) []string {
	of := func(kind corev1.NodeAddressType) []string {
		var all []string
		for _, a := range addresses {
			if a.Type == kind {
				all = append(all, a.Address)
			}
		}
		return all
	}
	if external := of(corev1.NodeExternalIP); len(external) > 0 {
		return external
	}
	return of(corev1.NodeInternalIP)
}

func ipAddresses(values []string) []ir.Address {
	var all []ir.Address
	for _, v := range values {
		if v != "" && v != corev1.ClusterIPNone {
			all = append(all, ir.Address{Type: ir.IPAddress, Value: v})
		}
	}
	return all
}

// lackOfAddress says why clients cannot reach the load balancer at an address
// that is wished, with the Gateway API's reason; empty if they can.
func (s *state) lackOfAddress(ref providers.Ref, given []ir.Address) (gatewayv1.GatewayConditionReason, string) {
	service, ok := s.objects["Service"].(*corev1.Service)
	if !ok {
		return "", ""
	}
	name, asked := id("Service", ref), service.Spec.LoadBalancerIP //nolint:staticcheck // see wishService
	switch {
	case service.Spec.Type == corev1.ServiceTypeLoadBalancer && asked != "" && !slices.Contains(given, ir.Address{Type: ir.IPAddress, Value: asked}):
		return gatewayv1.GatewayReasonAddressNotUsable, fmt.Sprintf(
			"spec.addresses asks for %s, which the hub's load-balancer implementation has not given to %s: ask for an address that it has free, or for none", asked, name)
	case len(given) > 0:
		return "", ""
	case service.Spec.Type == corev1.ServiceTypeNodePort:
		return gatewayv1.GatewayReasonAddressNotAssigned, "waiting for the nodes that the proxies run on to have addresses"
	case service.Spec.Type == corev1.ServiceTypeClusterIP:
		return gatewayv1.GatewayReasonAddressNotAssigned, "waiting for " + name + " to have an address"
	}
	return gatewayv1.GatewayReasonAddressNotAssigned, fmt.Sprintf(
		"waiting for an address: nothing has given one to %s. If the hub has no load-balancer implementation, install one such as MetalLB, "+
			"or have a %s set spec.service.type to NodePort or ClusterIP and refer to it in the GatewayClass's spec.parametersRef or the Gateway's spec.infrastructure.parametersRef",
		name, settingsKind.Kind)
}
