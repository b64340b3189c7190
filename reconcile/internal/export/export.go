// Package export builds the hub's ServiceImports from what the members
// export, by the rules of the MCS API (KEP-1645), and says on each
// ServiceExport how it fared.
package export

import (
	"cmp"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// Export is one cluster's valid export of a service.
type Export struct {
	Cluster string
	// Created is the ServiceExport's; the oldest export decides conflicts.
	Created         time.Time
	Type            mcsv1beta1.ServiceImportType
	Ports           []mcsv1beta1.ServicePort
	Affinity        corev1.ServiceAffinity
	AffinityTimeout *corev1.SessionAffinityConfig
}

// fromService is a cluster's export of a Service.
func fromService(cluster string, export *mcsv1beta1.ServiceExport, service *corev1.Service) Export {
	e := Export{
		Cluster:         cluster,
		Created:         export.CreationTimestamp.Time,
		Type:            mcsv1beta1.ClusterSetIP,
		Affinity:        cmp.Or(service.Spec.SessionAffinity, corev1.ServiceAffinityNone),
		AffinityTimeout: service.Spec.SessionAffinityConfig,
	}
	if service.Spec.ClusterIP == corev1.ClusterIPNone {
		e.Type = mcsv1beta1.Headless
	}
	for _, p := range service.Spec.Ports {
		e.Ports = append(e.Ports, mcsv1beta1.ServicePort{
			Name:        p.Name,
			Protocol:    cmp.Or(p.Protocol, corev1.ProtocolTCP),
			AppProtocol: p.AppProtocol,
			Port:        p.Port,
		})
	}
	return e
}

// held is the export of clusters that cannot be read: what the ServiceImport
// said when they last could. It counts as older than any that can be read, so
// that a hub's restart changes nothing for them.
func held(present *mcsv1beta1.ServiceImport) Export {
	return Export{
		Type:            present.Spec.Type,
		Ports:           present.Spec.Ports,
		Affinity:        present.Spec.SessionAffinity,
		AffinityTimeout: present.Spec.SessionAffinityConfig,
	}
}

// byAge sorts the oldest export first, as the MCS API's conflict resolution
// has it.
func byAge(exports []Export) []Export {
	exports = slices.Clone(exports)
	slices.SortFunc(exports, func(a, b Export) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Cluster, b.Cluster))
	})
	return exports
}
