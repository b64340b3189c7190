package member

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlreconcile "sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/multicluster-runtime/pkg/multicluster"
	mcreconcile "sigs.k8s.io/multicluster-runtime/pkg/reconcile"

	"fairway.dev/fairway/reconcile/internal/endpoints"
)

// nodes follow a member's Nodes. They only say where endpoints are, so that a
// member is read without them too. Hence they are no part of its cache, which
// gives nothing before it has read everything.
type nodes struct{ toolscache.SharedIndexInformer }

func newNodes(live client.WithWatch, onWatchError toolscache.WatchErrorHandlerWithContext) (nodes, error) {
	informer := toolscache.NewSharedIndexInformer(&toolscache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			list := &corev1.NodeList{}
			return list, live.List(ctx, list, &client.ListOptions{Raw: &o})
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			return live.Watch(ctx, &corev1.NodeList{}, &client.ListOptions{Raw: &o})
		},
	}, &corev1.Node{}, 0, nil)
	if err := informer.SetTransform(endpoints.Strip); err != nil {
		return nodes{}, fmt.Errorf("strip member's nodes: %w", err)
	}
	if err := informer.SetWatchErrorHandlerWithContext(onWatchError); err != nil {
		return nodes{}, fmt.Errorf("hear of errors of member's nodes: %w", err)
	}
	return nodes{informer}, nil
}

// named is nil when there is no such node, or it was not read.
func (n nodes) named(name string) *corev1.Node {
	found, _, err := n.GetStore().GetByKey(name)
	node, is := found.(*corev1.Node)
	if err != nil || !is {
		return nil
	}
	return node
}

// follow calls moved with every node that came, went, or is elsewhere now.
func (n nodes) follow(moved func(name string)) error {
	_, err := n.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc: func(o any) { moved(o.(*corev1.Node).Name) },
		UpdateFunc: func(old, now any) {
			if endpoints.NodeMoved(old.(*corev1.Node), now.(*corev1.Node)) {
				moved(now.(*corev1.Node).Name)
			}
		},
		DeleteFunc: func(o any) {
			if key, err := toolscache.DeletionHandlingMetaNamespaceKeyFunc(o); err == nil {
				moved(key)
			}
		},
	})
	return err
}

// nodeMoved has the services looked at again that have an endpoint on a
// member's node.
func (p *Provider) nodeMoved(ctx context.Context, member string, c *connection, node string) {
	var list discoveryv1.EndpointSliceList
	if err := c.cluster.GetCache().List(ctx, &list, client.MatchingFields{endpoints.IndexNode: node}); err != nil {
		// A cache that is synced and has the index gives none.
		return
	}
	for i := range list.Items {
		for _, service := range serviceOfSlice(ctx, nil, &list.Items[i]) {
			p.moved.Add(mcreconcile.Request{ClusterName: multicluster.ClusterName(member), Request: ctrlreconcile.Request{NamespacedName: service}})
		}
	}
}
