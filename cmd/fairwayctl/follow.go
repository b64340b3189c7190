package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/api/v1alpha1"
)

// shown are the kinds that status shows something of.
func shown() []client.Object {
	return []client.Object{
		&gatewayv1.GatewayClass{}, &gatewayv1.Gateway{}, &gatewayv1.HTTPRoute{},
		&discoveryv1.EndpointSlice{}, &v1alpha1.MemberCluster{},
	}
}

// followed is a hub that is watched.
type followed struct {
	// Reader reads what the watches have brought so far, and asks nobody.
	client.Reader
	// changed gets something after a change. Of several that nobody took, one
	// is left.
	changed chan struct{}
	// refused are the kinds of which nothing new is read.
	refused refusals
}

// change says that something changed.
func (f *followed) change() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// follow watches a hub until ctx is done. It returns once everything was read,
// or something is refused.
func follow(ctx context.Context, config *rest.Config) (*followed, error) {
	// What the library logs is not for whoever looks at a status.
	log.SetLogger(logr.Discard())
	f := &followed{changed: make(chan struct{}, 1)}
	kept, err := cache.New(config, cache.Options{
		Scheme: scheme(), DefaultTransform: cache.TransformStripManagedFields(),
		// They go on by themselves; watchStatus sees whether the hub is there.
		DefaultWatchErrorHandler: func(context.Context, *toolscache.Reflector, error) {},
		NewInformer: func(lw toolscache.ListerWatcher, of runtime.Object, resync time.Duration, by toolscache.Indexers) toolscache.SharedIndexInformer {
			kind := fmt.Sprintf("%T", of)
			return toolscache.NewSharedIndexInformer(newAsker(lw, func(err error) {
				if f.refused.heard(kind, err) {
					f.change()
				}
			}), of, resync, by)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("watch the hub at %s: %w", config.Host, err)
	}
	on := func(any) { f.change() }
	for _, kind := range shown() {
		informer, err := kept.GetInformer(ctx, kind, cache.BlockUntilSynced(false))
		if err != nil {
			return nil, fmt.Errorf("watch %T on the hub: %w", kind, err)
		}
		if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
			AddFunc: on, UpdateFunc: func(_, now any) { on(now) }, DeleteFunc: on,
		}); err != nil {
			return nil, fmt.Errorf("watch %T on the hub: %w", kind, err)
		}
	}
	f.Reader = kept
	// It fails only where it is started twice.
	go func() { _ = kept.Start(ctx) }()
	synced := make(chan bool, 1)
	go func() { synced <- kept.WaitForCacheSync(ctx) }()
	for {
		select {
		case <-f.changed:
			if err := f.refused.err(); err != nil {
				return nil, err
			}
		case all := <-synced:
			if !all {
				return nil, errors.New("watch the hub: not everything could be read")
			}
			return f, nil
		}
	}
}
