// Package pod runs one pod from its arrival on a node to its end: network, volumes, containers, probes, status, deletion.
package pod

import (
	"log/slog"
	"net/netip"

	"k8s.io/client-go/kubernetes"

	"fairway.dev/fairway/e2e/fleet/node/address"
	"fairway.dev/fairway/e2e/fleet/node/environ"
	"fairway.dev/fairway/e2e/fleet/node/volume"
)

// Host is the node that pods run on.
type Host struct {
	// Address is the node's internal address.
	Address netip.Addr
	// Source is the address that probes and hooks come from.
	Source netip.Addr
	// Resolver is the address of the cluster's DNS.
	Resolver netip.Addr
	// State is a directory for volumes and the like.
	State string
	// Addresses are those of the node's pods.
	Addresses *address.Pool
	// Images are the known images by repository, without tag and digest.
	Images map[string]Image
	// Volumes and Environment read what pods refer to.
	Volumes     *volume.Source
	Environment *environ.Source
	// Client writes status. It must give up on requests that are not answered.
	Client kubernetes.Interface
	Log    *slog.Logger
}
