// Package control is the language between a fleet's parent (the test or the demo) and its host (the
// process inside the fleet's namespaces): net/rpc over a socket pair that the host inherits. When
// the parent's end closes, for whatever reason, the host ends.
package control

import (
	"net/netip"
	"path/filepath"

	"fairway.dev/fairway/e2e/fleet/internal/pki"
)

// File descriptors that the host inherits.
const (
	// SocketFD is the host's end of the control socket.
	SocketFD = 3
	// OutsideFD is the network namespace of the parent, where the host listens for it.
	OutsideFD = 4
)

// Service is the name under which the host registers its methods. Their names and types:
//
//	Start(Fleet, *[]Cluster)            once, first
//	Freeze, Thaw, Kill, Restart(string, *struct{})
//	Forward(netip.AddrPort, *netip.AddrPort)
const Service = "Host"

// Method is the full name of a method of the service.
func Method(name string) string { return Service + "." + name }

// Fleet says what to start.
type Fleet struct {
	// Clusters are the names of the clusters; a cluster's place in the list is its index.
	Clusters []string
	// Nodes is the number of nodes of each cluster.
	Nodes int
	// Kube and Node are the paths of the two programs that make a cluster.
	Kube, Node string
	// Images is the path of the JSON file that maps image repositories to binaries.
	Images string
	// State is an existing folder over which the host mounts the clusters' data, in memory.
	State string
	// Logs is an existing folder for the programs' logs.
	Logs string
}

// Cluster is a running cluster.
type Cluster struct {
	// Outside is the loopback address of the API server, in the parent's namespace and in the fleet's.
	Outside netip.AddrPort
	// Admin may do everything in the cluster.
	Admin pki.Credentials
	// ServiceAccountKey signs the tokens of service accounts, PEM.
	ServiceAccountKey []byte
}

// LogFile is the path of the log of a program (kube or node) of a cluster.
func LogFile(logs, cluster, program string) string {
	return filepath.Join(logs, cluster+"-"+program+".log")
}
