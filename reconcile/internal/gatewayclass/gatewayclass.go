// Package gatewayclass accepts the GatewayClasses that name one of this
// build's providers.
package gatewayclass

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	ctrlreconcile "sigs.k8s.io/controller-runtime/pkg/reconcile"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/conditions"
	"fairway.dev/fairway/reconcile/internal/status"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
)

// Domain is the first part of every controller name of ours.
const Domain = "fairway.dev/"

// Controller accepts or refuses GatewayClasses.
type Controller struct {
	Client    client.Client
	Providers map[string]providers.Provider
	Writer    *statuswriter.Writer
}

// Setup starts it with the manager.
func (c *Controller) Setup(mgr manager.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).Named("gatewayclass").
		For(&gatewayv1.GatewayClass{}).
		Watches(&gatewayv1.Gateway{}, handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []ctrlreconcile.Request {
			name := string(o.(*gatewayv1.Gateway).Spec.GatewayClassName)
			return []ctrlreconcile.Request{{NamespacedName: client.ObjectKey{Name: name}}}
		})).
		Complete(c)
}

// Reconcile judges one class.
func (c *Controller) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	class := &gatewayv1.GatewayClass{}
	if err := c.Client.Get(ctx, req.NamespacedName, class); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !strings.HasPrefix(string(class.Spec.ControllerName), Domain) {
		return ctrl.Result{}, nil
	}
	if err := c.keepWhileUsed(ctx, class); err != nil {
		return ctrl.Result{}, err
	}
	accepted := c.judge(class)
	statuswriter.Wish(c.Writer, class, "", func(k *gatewayv1.GatewayClass) {
		status.Class(&k.Status, class.Generation, metav1.Now(), accepted)
	})
	return ctrl.Result{}, nil
}

// keepWhileUsed holds the class with the specification's finalizer as long as
// a Gateway names it.
func (c *Controller) keepWhileUsed(ctx context.Context, class *gatewayv1.GatewayClass) error {
	var all gatewayv1.GatewayList
	if err := c.Client.List(ctx, &all, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list Gateways: %w", err)
	}
	used := slices.ContainsFunc(all.Items, func(g gatewayv1.Gateway) bool { return string(g.Spec.GatewayClassName) == class.Name })
	before := class.DeepCopy()
	var changed bool
	if used && class.DeletionTimestamp.IsZero() {
		changed = controllerutil.AddFinalizer(class, gatewayv1.GatewayClassFinalizerGatewaysExist)
	} else if !used {
		changed = controllerutil.RemoveFinalizer(class, gatewayv1.GatewayClassFinalizerGatewaysExist)
	}
	if !changed {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := c.Client.Patch(ctx, class, patch); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("write finalizers: %w", err)
	}
	return nil
}

func (c *Controller) judge(class *gatewayv1.GatewayClass) metav1.Condition {
	switch {
	case Provider(c.Providers, class) == nil:
		return conditions.ClassUnknownProvider(fmt.Sprintf("spec.controllerName: this Fairway has no provider for %s; it has %s",
			class.Spec.ControllerName, Domain+strings.Join(slices.Sorted(maps.Keys(c.Providers)), ", "+Domain)))
	case class.Spec.ParametersRef != nil:
		return conditions.ClassInvalidParameters("spec.parametersRef: the local provider takes no parameters; remove it")
	}
	return conditions.ClassAccepted()
}

// Provider is the provider that a class names, or nil.
func Provider(all map[string]providers.Provider, class *gatewayv1.GatewayClass) providers.Provider {
	name, ours := strings.CutPrefix(string(class.Spec.ControllerName), Domain)
	if !ours {
		return nil
	}
	return all[name]
}
