package ir

import "strconv"

// Service names a Kubernetes service whose pods form a pool.
type Service struct {
	// Kind is "Service" (one cluster's) or "ServiceImport" (the whole
	// ClusterSet's).
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// BackendPool is a set of endpoints that rules send traffic to: one service
// port over all clusters that offer it. One without endpoints stays, and what
// is sent to it is answered with 503.
type BackendPool struct {
	// Name is PoolName(Service, Port).
	Name    string  `json:"name"`
	Service Service `json:"service"`
	// Port is the service's port number, not the pods'.
	Port uint16 `json:"port"`
	// Localities are where its endpoints are, sorted: filled in for providers
	// whose pools are built by it, and empty otherwise. They change seldom.
	Localities []Locality `json:"localities,omitempty"`
}

// Locality is a place that endpoints are in.
type Locality struct {
	// Cluster is the member's name; empty means the hub itself.
	Cluster string `json:"cluster"`
	Region  string `json:"region,omitempty"`
	Zone    string `json:"zone,omitempty"`
	Network string `json:"network,omitempty"`
}

// Locality is where the endpoint is, in a cluster.
func (e Endpoint) Locality(cluster string) Locality {
	return Locality{Cluster: cluster, Region: e.Region, Zone: e.Zone, Network: e.Network}
}

// PoolName is the one name of a service port's pool:
// "<Kind>/<namespace>/<name>/<port>".
func PoolName(s Service, port uint16) string {
	return s.Kind + "/" + s.Namespace + "/" + s.Name + "/" + strconv.Itoa(int(port))
}

// ClusterEndpoints are the endpoints of one pool in one cluster.
type ClusterEndpoints struct {
	// Cluster is the member's name; empty means the hub itself.
	Cluster string `json:"cluster"`
	// Known is false when the cluster's endpoints cannot be told: a provider
	// then leaves the cluster's present targets alone. A cluster that was
	// removed is known and has none.
	Known bool `json:"known"`
	// Endpoints are sorted by address and port.
	Endpoints []Endpoint `json:"endpoints,omitempty"`
}

// Endpoint is one pod's address and where it runs.
type Endpoint struct {
	// Address is an IPv4 or IPv6 address.
	Address string `json:"address"`
	Port    uint16 `json:"port"`
	// Zone, Region, Node, NodeIP and ProviderID come from the pod's Node;
	// Network is the member's. Each may be empty.
	Zone       string `json:"zone,omitempty"`
	Region     string `json:"region,omitempty"`
	Network    string `json:"network,omitempty"`
	Node       string `json:"node,omitempty"`
	NodeIP     string `json:"nodeIP,omitempty"`
	ProviderID string `json:"providerID,omitempty"`
	// Serving is the pod's readiness without regard to termination.
	// Terminating endpoints serve only when no other does: none of the pool,
	// or, for a provider that sees a cluster at a time, none of the cluster.
	Serving     bool `json:"serving"`
	Terminating bool `json:"terminating,omitempty"`
}
