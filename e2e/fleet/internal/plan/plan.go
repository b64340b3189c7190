// Package plan fixes which addresses each cluster of a fleet uses. It holds no state: a cluster's
// place in the fleet (its index; the hub is 0) decides everything, so that every process of the
// fleet derives the same addresses without being told.
package plan

import (
	"fmt"
	"net/netip"
)

const (
	// MaxClusters is how many clusters one fleet can hold: the LoadBalancer ranges of sixteen
	// clusters fill 198.18.0.0/16.
	MaxClusters = 16

	// APIServerPort is the port of every API server on its node network.
	APIServerPort = 6443
)

// FleetAddress is the address of the fleet's own namespace: the source that clusters see when
// something outside talks to them. It comes from a range reserved for documentation, so that it
// collides with no cluster.
var FleetAddress = netip.MustParseAddr("192.0.2.1")

// Cluster is the share of the address space that one cluster owns. Pods, Nodes and LoadBalancers
// are routed between clusters (a flat pod network); Services is private to the cluster.
type Cluster struct {
	Nodes         netip.Prefix
	Pods          netip.Prefix
	Services      netip.Prefix
	LoadBalancers netip.Prefix
}

// For returns the addresses of the cluster with the given index, from 0 to MaxClusters-1.
func For(index int) Cluster {
	return Cluster{
		Nodes:         prefix("10.%d.0.0/24", 192+index),
		Pods:          prefix("10.%d.0.0/16", 64+index),
		Services:      prefix("10.%d.0.0/16", 128+index),
		LoadBalancers: prefix("198.18.%d.0/20", 16*index),
	}
}

// APIServer is the address on which the cluster's API server listens, as pods of any cluster see it.
func (c Cluster) APIServer() netip.AddrPort {
	return netip.AddrPortFrom(nth(c.Nodes, 1), APIServerPort)
}

// Node is the InternalIP of the k-th node, counted from 1.
func (c Cluster) Node(k int) netip.Addr { return nth(c.Nodes, 10+k) }

// KubernetesService is the ClusterIP of default/kubernetes: the API server takes the first address
// of the Service range for it.
func (c Cluster) KubernetesService() netip.Addr { return nth(c.Services, 1) }

// DNS is the ClusterIP of the cluster's name server, at the place where kubeadm puts it.
func (c Cluster) DNS() netip.Addr { return nth(c.Services, 10) }

func prefix(format string, octet int) netip.Prefix {
	return netip.MustParsePrefix(fmt.Sprintf(format, octet))
}

// nth returns the n-th address of a prefix whose last octet is free.
func nth(p netip.Prefix, n int) netip.Addr {
	a := p.Addr().As4()
	a[3] += byte(n)
	return netip.AddrFrom4(a)
}
