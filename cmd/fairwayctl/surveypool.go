package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// poolKey names a backend: a Service of the hub, or a ServiceImport.
type poolKey struct{ kind, namespace, name string }

func (k poolKey) compare(o poolKey) int {
	return strings.Compare(k.namespace+"/"+k.name+"/"+k.kind, o.namespace+"/"+o.name+"/"+o.kind)
}

type poolStatus struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Ready is true if any endpoint is.
	Ready    bool           `json:"ready"`
	Clusters []clusterCount `json:"clusters,omitempty"`
	Problems []problem      `json:"problems,omitempty"`
}

// pools are the EndpointSlices on the hub by what they are of: its own
// Services, and the exported services whose endpoints it keeps.
type pools struct {
	slices map[poolKey][]discoveryv1.EndpointSlice
	// hidden are namespaces whose EndpointSlices may not be read, as notes say.
	hidden map[string]bool
	notes  []string
}

// readPools reads the EndpointSlices of namespaces: to ask for those of each
// backend would take as many questions as there are backends. Whoever asks for
// one namespace may have no rights in others.
func readPools(ctx context.Context, hub client.Reader, namespaces map[string]bool, only string) (pools, error) {
	all := pools{slices: map[poolKey][]discoveryv1.EndpointSlice{}, hidden: map[string]bool{}}
	for _, namespace := range slices.Sorted(maps.Keys(namespaces)) {
		var list discoveryv1.EndpointSliceList
		err := hub.List(ctx, &list, client.InNamespace(namespace))
		if only != "" && namespace != only && apierrors.IsForbidden(err) {
			all.hidden[namespace] = true
			all.notes = append(all.notes, fmt.Sprintf("pools of namespace %s are left out: you may not list EndpointSlices there", namespace))
			continue
		}
		if err != nil {
			return all, fmt.Errorf("list EndpointSlices of namespace %s: %w", namespace, err)
		}
		for _, s := range list.Items {
			for label, kind := range map[string]string{discoveryv1.LabelServiceName: "Service", mcsv1beta1.LabelServiceName: "ServiceImport"} {
				if name := s.Labels[label]; name != "" {
					key := poolKey{kind, namespace, name}
					all.slices[key] = append(all.slices[key], s)
				}
			}
		}
	}
	return all, nil
}

func (p pools) status(k poolKey) poolStatus {
	one := poolStatus{Kind: k.kind, Namespace: k.namespace, Name: k.name, Clusters: countClusters(p.slices[k])}
	one.Ready = slices.ContainsFunc(one.Clusters, func(c clusterCount) bool { return c.Ready > 0 })
	if !one.Ready {
		one.Problems = []problem{{Message: "no endpoint is ready"}}
	}
	return one
}
