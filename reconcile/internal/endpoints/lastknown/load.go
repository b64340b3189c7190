package lastknown

import (
	"context"
	"fmt"

	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/providers/owner"
	"fairway.dev/fairway/reconcile/internal/endpoints"
)

var logger = log.Log.WithName("last-known-endpoints")

// Load fills the store with the endpoints that were stored before the hub's
// start, as hubID. members are the clusters that exist now; what is stored of others is
// withdrawn, which lets the Keeper delete it. Endpoints of services that the
// hub's ServiceImports say a member exports, but that are not stored, are not
// known; nor are those of which a slice cannot be read, because the Keeper
// would take what is missing from the store away from the hub.
func Load(ctx context.Context, stored, hub client.Reader, hubID string, members map[string]endpoints.Locality, store *endpoints.Store) error {
	var list discoveryv1.EndpointSliceList
	if err := stored.List(ctx, &list, client.MatchingLabels(marks(hubID))); err != nil {
		return fmt.Errorf("list stored endpoints: %w", err)
	}
	var imports mcsv1beta1.ServiceImportList
	if err := hub.List(ctx, &imports); err != nil {
		return fmt.Errorf("list ServiceImports: %w", err)
	}
	for cluster := range members {
		store.Admit(cluster)
	}
	for i := range imports.Items {
		store.Import(endpoints.Service(imports.Items[i].Namespace, imports.Items[i].Name), imports.Items[i].Spec.Ports)
	}
	found := map[key]endpoints.Ports{}
	unreadable := map[key]bool{}
	for i := range list.Items {
		s := &list.Items[i]
		k := keyOf(ctx, s)[0]
		at, exists := members[k.cluster]
		if !exists {
			store.Bury(k.service, k.cluster)
			continue
		}
		if found[k] == nil {
			found[k] = endpoints.Ports{}
		}
		if err := decode(s, at, found[k]); err != nil {
			// Somebody else's hand: the Keeper puts it right once the
			// member was read.
			logger.Error(err, "Stored endpoints ignored", "member", k.cluster)
			unreadable[k] = true
		}
	}
	for k, ports := range found {
		if unreadable[k] {
			store.Expect(k.service, k.cluster)
		} else {
			store.Set(k.service, k.cluster, ports)
		}
	}
	for i := range imports.Items {
		expect(&imports.Items[i], hubID, members, store)
	}
	return nil
}

func expect(si *mcsv1beta1.ServiceImport, hubID string, members map[string]endpoints.Locality, store *endpoints.Store) {
	for _, c := range si.Status.Clusters {
		if _, exists := members[c.Cluster]; exists {
			store.Expect(endpoints.Service(si.Namespace, si.Name), c.Cluster)
		} else if owner.Made(hubID, si.Labels) {
			store.Bury(endpoints.Service(si.Namespace, si.Name), c.Cluster)
		}
	}
}
