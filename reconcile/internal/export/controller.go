package export

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/cluster"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	ctrlreconcile "sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
	mccontroller "sigs.k8s.io/multicluster-runtime/pkg/controller"
	mchandler "sigs.k8s.io/multicluster-runtime/pkg/handler"
	mcmanager "sigs.k8s.io/multicluster-runtime/pkg/manager"
	"sigs.k8s.io/multicluster-runtime/pkg/multicluster"
	mcreconcile "sigs.k8s.io/multicluster-runtime/pkg/reconcile"
	mcsource "sigs.k8s.io/multicluster-runtime/pkg/source"

	"fairway.dev/fairway/providers/owner"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/trigger"
)

// Members is what this package needs to know of the member clusters.
type Members interface {
	// Loaded is closed once the hub's own memory of the members was read.
	Loaded() <-chan struct{}
	// Names lists the members that exist, sorted.
	Names(ctx context.Context) ([]string, error)
	// Reader reads a member's ServiceExports and Services from a synced
	// cache; nil when the member was not read since the hub's start.
	Reader(cluster string) client.Reader
	// Report has conditions written to a ServiceExport in a member. It does
	// not wait.
	Report(cluster string, export types.NamespacedName, conditions []metav1.Condition)
}

// Controller keeps one ServiceImport on the hub per exported service.
type Controller struct {
	members Members
	store   *endpoints.Store
	hub     client.Client
	hubID   string
	pokes   trigger.Source[mcreconcile.Request]
}

// Setup starts a Controller with the manager. hubID marks the ServiceImports
// that it makes.
func Setup(mgr mcmanager.Manager, members Members, store *endpoints.Store, hubID string) (*Controller, error) {
	local := mgr.GetLocalManager()
	c := &Controller{members: members, store: store, hub: local.GetClient(), hubID: hubID}
	ctl, err := mccontroller.New("service-exports", mgr, mccontroller.Options{
		Reconciler:              c,
		MaxConcurrentReconciles: 4,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[mcreconcile.Request](50*time.Millisecond, time.Minute),
		Logger:                  local.GetLogger(),
	})
	if err != nil {
		return nil, fmt.Errorf("create the controller of service exports: %w", err)
	}
	for _, object := range []client.Object{&mcsv1beta1.ServiceExport{}, &corev1.Service{}} {
		if err := ctl.MultiClusterWatch(mcsource.Kind(object, ofMember)); err != nil {
			return nil, fmt.Errorf("watch members for service exports: %w", err)
		}
	}
	for _, w := range []source.TypedSource[mcreconcile.Request]{
		&c.pokes,
		source.TypedKind(local.GetCache(), &mcsv1beta1.ServiceImport{}, handler.TypedEnqueueRequestsFromMapFunc(ofImport)),
		source.TypedKind(local.GetCache(), &corev1.Namespace{}, handler.TypedEnqueueRequestsFromMapFunc(c.ofNamespace)),
	} {
		if err := ctl.Watch(w); err != nil {
			return nil, fmt.Errorf("watch the hub for service exports: %w", err)
		}
	}
	return c, nil
}

// ofMember drops the cluster from the request: a service is one over all.
func ofMember(multicluster.ClusterName, cluster.Cluster) mchandler.EventHandler {
	return handler.TypedEnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []mcreconcile.Request {
		return []mcreconcile.Request{request(o.GetNamespace(), o.GetName())}
	})
}

func ofImport(_ context.Context, si *mcsv1beta1.ServiceImport) []mcreconcile.Request {
	return []mcreconcile.Request{request(si.Namespace, si.Name)}
}

func request(namespace, name string) mcreconcile.Request {
	return mcreconcile.Request{Request: ctrlreconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}}
}

// Poke has services looked at again.
func (c *Controller) Poke(services ...types.NamespacedName) {
	for _, s := range services {
		c.pokes.Add(request(s.Namespace, s.Name))
	}
}

// Reconcile brings one service's ServiceImport, and the conditions on its
// ServiceExports, in line with what the members export.
func (c *Controller) Reconcile(ctx context.Context, req mcreconcile.Request) (ctrlreconcile.Result, error) {
	select {
	case <-c.members.Loaded():
	case <-ctx.Done():
		return ctrlreconcile.Result{}, ctx.Err()
	}
	present, err := c.present(ctx, req.NamespacedName)
	if err != nil {
		return ctrlreconcile.Result{}, err
	}
	if present != nil && !owner.Made(c.hubID, present.Labels) {
		// Another implementation of the MCS API made it, or another hub, and
		// has its own view of the exports.
		c.store.Import(endpoints.Service(req.Namespace, req.Name), present.Spec.Ports)
		return ctrlreconcile.Result{}, nil
	}
	found, err := c.survey(ctx, req.NamespacedName, present)
	if err != nil {
		return ctrlreconcile.Result{}, err
	}
	conditions, err := c.apply(ctx, req.NamespacedName, found, present)
	if isRace(err) {
		return ctrlreconcile.Result{RequeueAfter: 100 * time.Millisecond}, nil
	}
	if err != nil {
		return ctrlreconcile.Result{}, err
	}
	for _, e := range found.exports {
		if e.Cluster != "" {
			c.members.Report(e.Cluster, req.NamespacedName, conditions)
		}
	}
	for cluster, refusal := range found.refused {
		c.members.Report(cluster, req.NamespacedName, refusal)
	}
	return ctrlreconcile.Result{}, nil
}
