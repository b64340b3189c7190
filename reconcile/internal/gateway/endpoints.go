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
)

// EndpointFeed brings changed endpoints to the providers, apart from all
// configuration: its cost does not depend on how many routes there are.
type EndpointFeed struct {
	controller *Controller
	queue      workqueue.TypedRateLimitingInterface[change]
}

// change is what changed: one service's endpoints in one cluster.
type change struct {
	service ir.Service
	cluster string
}

// Feed makes the feed of a controller.
func (c *Controller) Feed() *EndpointFeed {
	return &EndpointFeed{controller: c, queue: workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[change]())}
}

// Changed records a change. It does not block.
func (f *EndpointFeed) Changed(service ir.Service, cluster string) {
	f.queue.Add(change{service, cluster})
}

// NeedLeaderElection says that only the leader feeds providers.
func (f *EndpointFeed) NeedLeaderElection() bool { return true }

// Start feeds until ctx is done.
func (f *EndpointFeed) Start(ctx context.Context) error {
	defer context.AfterFunc(ctx, f.queue.ShutDown)()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for f.next(ctx) {
			}
		})
	}
	wg.Wait()
	return nil
}

func (f *EndpointFeed) next(ctx context.Context) bool {
	ch, down := f.queue.Get()
	if down {
		return false
	}
	defer f.queue.Done(ch)
	failed := false
	for _, u := range f.controller.users(ch.service) {
		err := f.controller.feed(ctx, u, ch.cluster)
		if errors.Is(err, errBusy) {
			// Nobody waits in line behind a load balancer that is being applied.
			f.queue.AddAfter(ch, 2*time.Millisecond)
		} else if err != nil && ctx.Err() == nil {
			failed = true
			ctrl.Log.Error(err, "Endpoints not brought to the provider", "gateway", u.site.ref.String(), "pool", u.pool, "cluster", ch.cluster)
		}
	}
	if failed {
		f.queue.AddRateLimited(ch)
	} else {
		f.queue.Forget(ch)
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
	if !u.site.looked {
		// Its first round is still to come, and brings them.
		return nil
	}
	now := ir.ClusterEndpoints{Cluster: cluster, Known: true}
	all := c.Endpoints.Endpoints(u.pool)
	if i := slices.IndexFunc(all, func(e ir.ClusterEndpoints) bool { return e.Cluster == cluster }); i >= 0 {
		now = all[i]
	}
	err := u.site.sync(ctx, u.site.pool(u.pool).Sort(all), []ir.ClusterEndpoints{now})
	switch {
	case err == nil:
		return nil
	case providers.KindOf(err) != providers.Stale:
		return err
	case !u.leaving:
		c.wakeUp(u.site.ref)
	}
	return nil
}

// wakeUp has a Gateway looked at.
func (c *Controller) wakeUp(ref providers.Ref) {
	gw := &gatewayv1.Gateway{}
	gw.Namespace, gw.Name = ref.Namespace, ref.Name
	c.wake <- event.GenericEvent{Object: gw}
}
