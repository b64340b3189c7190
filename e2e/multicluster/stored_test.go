package multicluster

import (
	"context"
	"fmt"
	"slices"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/e2e/install"
)

// stored waits until the hub has kept exactly these addresses of a member's service.
func (r *room) stored(service string, member *install.Cluster, addresses ...string) {
	r.t.Helper()
	slices.Sort(addresses)
	r.eventually("the hub keeps the endpoints of "+member.Name(), func(ctx context.Context) error {
		got, err := r.storedNow(ctx, service, member)
		if err == nil && !slices.Equal(got, addresses) {
			err = fmt.Errorf("kept are %v, not %v", got, addresses)
		}
		return err
	})
}

func (r *room) storedNow(ctx context.Context, service string, member *install.Cluster) ([]string, error) {
	var slicesOfHub discoveryv1.EndpointSliceList
	err := stack.Hub.Client.List(ctx, &slicesOfHub, client.InNamespace(r.name), client.MatchingLabels{
		mcsv1beta1.LabelServiceName: service, mcsv1beta1.LabelSourceCluster: member.Name(),
	})
	var addresses []string
	for _, slice := range slicesOfHub.Items {
		for _, endpoint := range slice.Endpoints {
			if ptr.Deref(endpoint.Conditions.Serving, true) {
				addresses = append(addresses, endpoint.Addresses...)
			}
		}
	}
	slices.Sort(addresses)
	return slices.Compact(addresses), err
}
