package instrument

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

func TestVerbsForOneLoadBalancerWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inside := make(chan chan struct{})
		p := oneByOne(&counted{meanwhile: func() {
			leave := make(chan struct{})
			inside <- leave
			<-leave
		}}).(*alone)
		web, other := providers.Ref{Name: "web"}, providers.Ref{Name: "other"}
		verbs := []func(context.Context, providers.Ref) error{
			func(ctx context.Context, r providers.Ref) error { _, err := p.Observe(ctx, r); return err },
			func(ctx context.Context, r providers.Ref) error {
				_, _, err := p.Apply(ctx, r, plan.Plan{}, nil)
				return err
			},
			func(ctx context.Context, r providers.Ref) error {
				_, err := p.SyncEndpoints(ctx, r, providers.PoolObservation{}, []ir.ClusterEndpoints(nil))
				return err
			},
		}
		ended := make(chan error, 10)
		for _, verb := range verbs {
			go func() { ended <- verb(t.Context(), web) }()
		}
		go func() { ended <- verbs[0](t.Context(), other) }()
		first, second := <-inside, <-inside
		synctest.Wait()
		select {
		case <-inside:
			t.Error("two verbs for one load balancer at once")
		default:
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := verbs[0](gone, web); !errors.Is(err, context.Canceled) {
			t.Errorf("a caller that left: %v", err)
		}
		close(first)
		close(second)
		close(<-inside)
		close(<-inside)
		for range 4 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if len(p.use) != 0 {
			t.Errorf("kept: %v", p.use)
		}
	})
}
