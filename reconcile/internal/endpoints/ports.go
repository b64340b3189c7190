package endpoints

import (
	"cmp"
	"maps"

	corev1 "k8s.io/api/core/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/providers/ir"
)

// portNames are the names of a ServiceImport's TCP ports, by number.
type portNames map[uint16]string

func namesOf(ports []mcsv1beta1.ServicePort) portNames {
	names := portNames{}
	for _, p := range ports {
		if _, taken := names[uint16(p.Port)]; !taken && cmp.Or(p.Protocol, corev1.ProtocolTCP) == corev1.ProtocolTCP {
			names[uint16(p.Port)] = p.Name
		}
	}
	return names
}

// find gives what stands in one cluster for a port of the ServiceImport: the
// Service's port of the same name, whatever its number, since names are what
// the MCS API tells ports apart by. Where the cluster has none of that name it
// is the one of the same number, unless its name is another port's.
func (n portNames) find(number uint16, in Ports) Port {
	name, known := n[number]
	if !known {
		return in[number]
	}
	for _, p := range in {
		if p.Name == name {
			return p
		}
	}
	same := in[number]
	for _, other := range n {
		if other == same.Name {
			return Port{}
		}
	}
	return same
}

// Import records which ports a service's ServiceImport has, none when there is
// no ServiceImport. Exports are joined by them.
func (s *Store) Import(service ir.Service, ports []mcsv1beta1.ServicePort) {
	now := namesOf(ports)
	s.mu.Lock()
	if maps.Equal(s.imports[service], now) {
		s.mu.Unlock()
		return
	}
	if len(now) == 0 {
		delete(s.imports, service)
	} else {
		s.imports[service] = now
	}
	var clusters []string
	for cluster := range s.services[service] {
		clusters = append(clusters, cluster)
	}
	s.mu.Unlock()
	for _, cluster := range clusters {
		s.changed(service, cluster)
	}
}

// changed tells the listeners. It is called without the lock.
func (s *Store) changed(service ir.Service, cluster string) {
	for _, f := range s.onChange {
		f(service, cluster)
	}
}
