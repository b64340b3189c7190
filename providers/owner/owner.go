// Package owner answers what belongs to us: the names and marks of everything
// that a provider makes for a Gateway.
package owner

import (
	"crypto/sha256"
	"encoding/hex"

	"fairway.dev/fairway/providers"
)

// The marks that every object of ours carries, as Kubernetes labels or as a
// cloud's tags. They name the hub and the Gateway, so that anything left over
// can be found by listing.
const (
	ManagedByKey = "app.kubernetes.io/managed-by"
	ManagedBy    = "fairway"
	HubKey       = "fairway.dev/hub"
	NamespaceKey = "fairway.dev/gateway-namespace"
	GatewayKey   = "gateway.networking.k8s.io/gateway-name"
	UIDKey       = "fairway.dev/gateway-uid"
	ClusterKey   = "fairway.dev/gateway-cluster"
)

// Marks are the owner marks of a load balancer's objects. The Location is not
// among them: where one listing shows several, it is noted beside them.
func Marks(r providers.Ref) map[string]string {
	m := map[string]string{
		ManagedByKey: ManagedBy,
		HubKey:       r.Hub,
		NamespaceKey: r.Namespace,
		GatewayKey:   shorten(r.Name, 63),
		UIDKey:       r.UID,
	}
	if r.Cluster != "" {
		m[ClusterKey] = r.Cluster
	}
	return m
}

// Owns reports whether an object with these marks was made for r by its hub.
func Owns(r providers.Ref, marks map[string]string) bool {
	for k, v := range Marks(r) {
		if marks[k] != v {
			return false
		}
	}
	return true
}

// Made reports whether an object with these marks was made by a hub, for
// whatever purpose.
func Made(hub string, marks map[string]string) bool {
	return marks[ManagedByKey] == ManagedBy && marks[HubKey] == hub
}

// Precedes reports whether an object with these marks was made for a Gateway
// of r's name that r took the place of: everything fits but the UID. Core has
// it removed; until it is gone it is to be left alone, like anything foreign.
func Precedes(r providers.Ref, marks map[string]string) bool {
	before := r
	before.UID = marks[UIDKey]
	return before.UID != "" && before.UID != r.UID && Owns(before, marks)
}

// Name is the name of r's objects: readable, at most limit characters (20 or
// more), the same for the same Gateway, and different for any two hubs,
// clusters, namespaces or names. It is the same for two UIDs and in two
// Locations: a provider whose Locations share names adds a hash of the
// Location itself.
func Name(r providers.Ref, limit int) string {
	sum := sha256.Sum256([]byte(r.Hub + "\x00" + r.Cluster + "\x00" + r.Namespace + "\x00" + r.Name))
	tail := "-" + hex.EncodeToString(sum[:4])
	return shorten("fairway-"+r.Name, limit-len(tail)) + tail
}

// shorten cuts s to limit characters; a cut name ends in a hash of the whole.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	tail := "-" + hex.EncodeToString(sum[:4])
	return s[:limit-len(tail)] + tail
}
