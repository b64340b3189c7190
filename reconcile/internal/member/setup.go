package member

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	mcmanager "sigs.k8s.io/multicluster-runtime/pkg/manager"

	fairway "fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/endpoints/lastknown"
	"fairway.dev/fairway/reconcile/internal/export"
	"fairway.dev/fairway/reconcile/internal/slim"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
)

// Setup adds to the manager everything that members need: the MemberCluster
// controller on the hub, the controllers that watch the members, and the
// hub's own memory of their endpoints. It is called once, when the hub has
// the definitions of MemberCluster and ServiceImport; the manager may run
// already. All of it works on the leader only.
//
// Statuses of MemberClusters go through the writer. The manager's scheme has core, discovery, MCS v1beta1 and Fairway's types.
func (p *Provider) Setup(mgr mcmanager.Manager, writer *statuswriter.Writer) error {
	p.writer = writer
	local := mgr.GetLocalManager()
	hub := local.GetClient()
	p.hub, p.live = hub, local.GetAPIReader()
	p.names = func(ctx context.Context) ([]string, error) {
		members, err := listMembers(ctx, hub)
		if err != nil {
			return nil, err
		}
		var names []string
		for _, m := range members {
			names = append(names, m.Name)
		}
		slices.Sort(names)
		return names, nil
	}
	private, err := p.privateCache(local)
	if err != nil {
		return err
	}
	exports, err := export.Setup(mgr, p, p.options.Store, p.options.HubID)
	if err != nil {
		return err
	}
	p.poke = exports.Poke
	if err := lastknown.Setup(local, p.options.Store, private, p.options.HubID); err != nil {
		return err
	}
	if err := p.setupEndpoints(mgr); err != nil {
		return err
	}
	if err := p.setupMembers(local, private); err != nil {
		return err
	}
	return local.Add(manager.RunnableFunc(func(ctx context.Context) error {
		return p.load(ctx, private, hub)
	}))
}

// privateCache holds the kubeconfig Secrets' metadata and the slices that
// this hub stored: the manager's own cache would hold the whole cluster's.
func (p *Provider) privateCache(mgr manager.Manager) (cache.Cache, error) {
	c, err := cache.New(mgr.GetConfig(), cache.Options{
		Scheme:           mgr.GetScheme(),
		HTTPClient:       mgr.GetHTTPClient(),
		Mapper:           mgr.GetRESTMapper(),
		ByObject:         p.privateObjects(),
		DefaultTransform: slim.Object,
	})
	if err != nil {
		return nil, fmt.Errorf("create the cache of kubeconfig Secrets and stored endpoints: %w", err)
	}
	if err := mgr.Add(c); err != nil {
		return nil, fmt.Errorf("add the cache of kubeconfig Secrets and stored endpoints: %w", err)
	}
	return c, nil
}

func (p *Provider) privateObjects() map[client.Object]cache.ByObject {
	return map[client.Object]cache.ByObject{
		&corev1.Secret{}:             {Namespaces: map[string]cache.Config{p.options.Namespace: {}}, Transform: slim.Secret},
		&discoveryv1.EndpointSlice{}: {Label: lastknown.Selector(p.options.HubID)},
	}
}

// listMembers gives the members that are to stay: one that is being deleted
// is gone as soon as that is known, not only when its finalizers are.
func listMembers(ctx context.Context, hub client.Reader) ([]fairway.MemberCluster, error) {
	var list fairway.MemberClusterList
	if err := hub.List(ctx, &list); err != nil {
		return nil, fmt.Errorf("list MemberClusters: %w", err)
	}
	return slices.DeleteFunc(list.Items, func(m fairway.MemberCluster) bool { return !m.DeletionTimestamp.IsZero() }), nil
}

// load fills the store from the hub's own memory, and tries until it can:
// nothing is served before.
func (p *Provider) load(ctx context.Context, private, hub client.Reader) error {
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[struct{}](100*time.Millisecond, 10*time.Second)
	for {
		err := p.loadOnce(ctx, private, hub)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		logger.Error(err, "Last known endpoints not loaded yet")
		select {
		case <-ctx.Done():
		case <-time.After(limiter.When(struct{}{})):
		}
	}
}

func (p *Provider) loadOnce(ctx context.Context, private, hub client.Reader) error {
	members, err := listMembers(ctx, hub)
	if err != nil {
		return err
	}
	localities, uids := map[string]endpoints.Locality{}, map[string]string{}
	var names []string
	for i := range members {
		localities[members[i].Name] = localityOf(&members[i])
		uids[members[i].Name] = members[i].Status.ClusterUID
		names = append(names, members[i].Name)
	}
	if err := lastknown.Load(ctx, private, hub, p.options.HubID, localities, p.options.Store); err != nil {
		return err
	}
	p.begin(names, uids)
	return nil
}
