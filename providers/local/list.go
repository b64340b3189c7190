package local

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/owner"
)

// List implements [providers.Provider]. It reads caches.
func (p *Provider) List(ctx context.Context, _ providers.Location) ([]providers.Ref, error) {
	refs := map[providers.Ref]struct{}{}
	ours := client.MatchingLabels{owner.ManagedByKey: owner.ManagedBy, owner.HubKey: p.options.Hub, appNameKey: appName}
	for _, part := range parts {
		list := part.list()
		if err := p.options.Client.List(ctx, list, ours); err != nil {
			return nil, fmt.Errorf("list what is ours of kind %s: %w", part.kind, err)
		}
		err := meta.EachListItem(list, func(item runtime.Object) error {
			if o, ok := item.(client.Object); ok {
				if ref, ours := p.refOf(o); ours {
					refs[ref] = struct{}{}
				}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("list what is ours of kind %s: %w", part.kind, err)
		}
	}
	return slices.SortedFunc(maps.Keys(refs), func(a, b providers.Ref) int {
		return cmp.Or(strings.Compare(a.String(), b.String()), strings.Compare(a.UID, b.UID))
	}), nil
}

// refOf is the load balancer that an object was made for, if this hub made it.
func (p *Provider) refOf(o client.Object) (providers.Ref, bool) {
	labels := o.GetLabels()
	ref := providers.Ref{
		Hub: labels[owner.HubKey], Cluster: labels[owner.ClusterKey],
		Namespace: labels[owner.NamespaceKey], Name: o.GetAnnotations()[gatewayAnnotation], UID: labels[owner.UIDKey],
	}
	if ref.Name == "" {
		// Someone took the annotation off; the label is whole for most names.
		ref.Name = labels[owner.GatewayKey]
	}
	return ref, ref.Hub == p.options.Hub && owner.Owns(ref, labels)
}
