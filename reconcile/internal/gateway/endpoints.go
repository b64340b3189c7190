package gateway

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/event"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/gather"
)

// EndpointFeed brings changed endpoints to the providers, apart from all
// configuration: its cost does not depend on how many routes there are.
type EndpointFeed struct {
	controller *Controller
	changes    workqueue.TypedInterface[change]
	work       workqueue.TypedDelayingInterface[errand]
	turns      *turns[errand]
	pauses     pauses
}

// change is what changed: one service's endpoints in one cluster.
type change struct {
	service ir.Service
	cluster string
}

// errand brings one cluster's endpoints to one pool of one load balancer.
type errand struct {
	use
	cluster string
}

// Feed makes the feed of a controller.
func (c *Controller) Feed() *EndpointFeed {
	f := &EndpointFeed{
		controller: c, changes: workqueue.NewTyped[change](), pauses: newPauses(),
		work: workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[errand]{}),
	}
	f.turns = newTurns(f.work.Add)
	return f
}

// Changed records a change. It does not block.
func (f *EndpointFeed) Changed(service ir.Service, cluster string) {
	f.changes.Add(change{service, cluster})
}

// NeedLeaderElection says that only the leader feeds providers.
func (f *EndpointFeed) NeedLeaderElection() bool { return true }

// Start feeds until ctx is done.
func (f *EndpointFeed) Start(ctx context.Context) error {
	defer context.AfterFunc(ctx, f.changes.ShutDown)()
	defer context.AfterFunc(ctx, f.work.ShutDown)()
	var company sync.WaitGroup
	company.Go(f.spread)
	for range workers {
		company.Go(func() {
			for f.next(ctx) {
			}
		})
	}
	company.Wait()
	return nil
}

// spread turns changes into errands.
func (f *EndpointFeed) spread() {
	for {
		ch, down := f.changes.Get()
		if down {
			return
		}
		for _, u := range f.controller.users(ch.service) {
			f.work.Add(errand{u, ch.cluster})
		}
		f.changes.Done(ch)
	}
}

func (f *EndpointFeed) next(ctx context.Context) bool {
	e, down := f.work.Get()
	if down {
		return false
	}
	defer f.work.Done(e)
	account := f.controller.account(e.site.placement)
	if wait := f.pauses.left(e, account); wait > 0 {
		f.work.AddAfter(e, wait)
		return true
	}
	var err error
	if !f.turns.do(account, e, func() { err = f.controller.feed(ctx, e.use, e.cluster) }) {
		return true
	}
	switch {
	case err == nil:
		f.pauses.end(e)
	case ctx.Err() != nil:
	case errors.Is(err, errBusy):
		// Nobody waits in line behind a load balancer that is being applied.
		f.work.AddAfter(e, f.pauses.forBusy(e))
	default:
		wait, trouble := f.pauses.begin(e, account, err)
		f.work.AddAfter(e, wait)
		if trouble {
			// Said once; a round says it in the status, and takes it back.
			ctrl.Log.Error(err, "Endpoints not brought to the provider, will try again", "gateway", e.site.ref.String(),
				"pool", e.pool, "cluster", e.cluster, "after", wait.Round(time.Millisecond).String())
			f.controller.wakeUp(gather.Key{Namespace: e.site.ref.Namespace, Name: e.site.ref.Name})
		}
	}
	return true
}

var errBusy = errors.New("the load balancer is being applied")

// feed brings one pool's endpoints of one cluster to one load balancer.
func (c *Controller) feed(ctx context.Context, u use, cluster string) error {
	if !u.site.busy.TryLock() {
		return errBusy
	}
	defer u.site.busy.Unlock()
	is, leaving := c.used(u)
	if !is || !u.site.looked {
		// It is gone, or its first round is still to come, and brings them.
		return nil
	}
	now := ir.ClusterEndpoints{Cluster: cluster, Known: true}
	all := c.view(u.site).Endpoints(u.pool)
	if i := slices.IndexFunc(all, func(e ir.ClusterEndpoints) bool { return e.Cluster == cluster }); i >= 0 {
		now = all[i]
	}
	err := u.site.sync(ctx, u.site.pool(u.pool).Sort(all), []ir.ClusterEndpoints{now})
	switch {
	case err == nil:
		return nil
	case providers.KindOf(err) != providers.Stale:
		return err
	case !leaving:
		c.wakeUp(gather.Key{Namespace: u.site.ref.Namespace, Name: u.site.ref.Name})
	}
	return nil
}

// wakeUp has a Gateway looked at.
func (c *Controller) wakeUp(key gather.Key) {
	gw := &gatewayv1.Gateway{}
	gw.Namespace, gw.Name = key.Namespace, key.Name
	c.wake <- event.GenericEvent{Object: gw}
}
