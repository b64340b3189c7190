package local

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/labels"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Caches narrow a manager's cache to what the provider itself made, for the
// kinds that nothing else in the hub reads. What is foreign is found without
// the cache.
func Caches() map[client.Object]cache.ByObject {
	ours := cache.ByObject{Label: labels.SelectorFromSet(labels.Set{appNameKey: appName})}
	return map[client.Object]cache.ByObject{
		&corev1.ServiceAccount{}:        ours,
		&appsv1.Deployment{}:            ours,
		&policyv1.PodDisruptionBudget{}: ours,
		&corev1.Service{}:               ours,
		// They have their Service's labels.
		&discoveryv1.EndpointSlice{}: ours,
	}
}

// Watch wakes a load balancer whenever an object that was made for it comes,
// changes or goes: its own ones and the EndpointSlices of its Service. It
// watches the stream's certificate authority as well. It is called once,
// before the cache is started.
func (p *Provider) Watch(ctx context.Context, informers cache.Informers) error {
	for _, part := range parts {
		if err := p.watch(ctx, informers, part.empty(), p.wakeOwner); err != nil {
			return err
		}
	}
	if err := p.watch(ctx, informers, metadataOf("Secret"), p.ca.seen); err != nil {
		return err
	}
	return p.watch(ctx, informers, &discoveryv1.EndpointSlice{}, func(o client.Object) { p.wakeService(ctx, o) })
}

func (p *Provider) watch(ctx context.Context, informers cache.Informers, o client.Object, seen func(client.Object)) error {
	informer, err := informers.GetInformer(ctx, o)
	if err != nil {
		return fmt.Errorf("watch %T: %w", o, err)
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc: func(o any) { handle(o, seen) },
		UpdateFunc: func(before, after any) {
			// A periodic resync brings nothing new.
			a, b := before.(client.Object), after.(client.Object)
			if a.GetResourceVersion() != b.GetResourceVersion() {
				seen(b)
			}
		},
		DeleteFunc: func(o any) { handle(o, seen) },
	})
	if err != nil {
		return fmt.Errorf("watch %T: %w", o, err)
	}
	return nil
}

func handle(o any, seen func(client.Object)) {
	if gone, ok := o.(toolscache.DeletedFinalStateUnknown); ok {
		o = gone.Obj
	}
	if o, ok := o.(client.Object); ok {
		seen(o)
	}
}

func (p *Provider) wakeOwner(o client.Object) {
	if ref, ours := p.refOf(o); ours {
		p.due.Add(ref)
	}
}

// wakeService wakes the owner of an EndpointSlice. The cluster gives slices
// their Service's labels, but not its annotations.
func (p *Provider) wakeService(ctx context.Context, slice client.Object) {
	if slice.GetLabels()[appNameKey] != appName {
		return
	}
	var service corev1.Service
	key := client.ObjectKey{Namespace: slice.GetNamespace(), Name: slice.GetLabels()[discoveryv1.LabelServiceName]}
	if err := p.options.Client.Get(ctx, key, &service); err == nil {
		p.wakeOwner(&service)
		return
	}
	// The Service is gone, or not there yet.
	p.wakeOwner(slice)
}
