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
	for s, pools := range f.controller.users(ch.service) {
		for _, pool := range pools {
			err := f.controller.feed(ctx, s, pool, ch.cluster)
			if errors.Is(err, errBusy) {
				// Nobody waits in line behind a Gateway that is being applied.
				f.queue.AddAfter(ch, 2*time.Millisecond)
			} else if err != nil && ctx.Err() == nil {
				failed = true
				ctrl.Log.Error(err, "Endpoints not brought to the provider", "gateway", s.ref.String(), "pool", pool, "cluster", ch.cluster)
			}
		}
	}
	if failed {
		f.queue.AddRateLimited(ch)
	} else {
		f.queue.Forget(ch)
	}
	return true
}

var errBusy = errors.New("the Gateway is being applied")

// feed brings one pool's endpoints of one cluster to one Gateway's provider.
func (c *Controller) feed(ctx context.Context, s *state, pool, cluster string) error {
	if !s.busy.TryLock() {
		return errBusy
	}
	defer s.busy.Unlock()
	if s.provider == nil {
		return nil
	}
	now := ir.ClusterEndpoints{Cluster: cluster, Known: true}
	all := c.Endpoints.Endpoints(pool)
	if i := slices.IndexFunc(all, func(e ir.ClusterEndpoints) bool { return e.Cluster == cluster }); i >= 0 {
		now = all[i]
	}
	_, err := s.provider.SyncEndpoints(ctx, s.ref, providers.PoolObservation{Name: pool}, []ir.ClusterEndpoints{now})
	if providers.KindOf(err) == providers.Stale {
		gw := &gatewayv1.Gateway{}
		gw.Namespace, gw.Name = s.ref.Namespace, s.ref.Name
		c.wake <- event.GenericEvent{Object: gw}
		return nil
	}
	return err
}
