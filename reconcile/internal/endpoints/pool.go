package endpoints

import (
	"strconv"
	"strings"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// The kinds of service that pools are made of.
const (
	// KindService is a Service of the cluster that the route lives in.
	KindService = "Service"
	// KindServiceImport is a service of the whole ClusterSet.
	KindServiceImport = "ServiceImport"
)

// Service is the ir's name of an exported service.
func Service(namespace, name string) ir.Service {
	return ir.Service{Kind: KindServiceImport, Namespace: namespace, Name: name}
}

// ParsePool takes a pool's name apart, as ir.PoolName made it.
func ParsePool(pool string) (service ir.Service, port uint16, ok bool) {
	parts := strings.Split(pool, "/")
	if len(parts) != 4 || parts[0] != KindServiceImport && parts[0] != KindService {
		return ir.Service{}, 0, false
	}
	n, err := strconv.ParseUint(parts[3], 10, 16)
	if err != nil {
		return ir.Service{}, 0, false
	}
	return ir.Service{Kind: parts[0], Namespace: parts[1], Name: parts[2]}, uint16(n), true
}

// Source gives the endpoints of pools of every kind, by the kind of their
// service. It implements [providers.EndpointSource].
type Source map[string]providers.EndpointSource

// Endpoints implements [providers.EndpointSource].
func (s Source) Endpoints(pool string) []ir.ClusterEndpoints {
	service, _, ok := ParsePool(pool)
	if !ok || s[service.Kind] == nil {
		return nil
	}
	return s[service.Kind].Endpoints(pool)
}
