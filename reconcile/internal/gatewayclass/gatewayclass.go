// Package gatewayclass accepts the GatewayClasses that name one of this
// build's providers.
package gatewayclass

import (
	"context"
	"errors"
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
	"fairway.dev/fairway/reconcile/internal/settings"
	"fairway.dev/fairway/reconcile/internal/status"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
)

// Domain is the first part of every controller name of ours.
const Domain = status.Domain

// Controller accepts or refuses GatewayClasses.
type Controller struct {
	Client    client.Client
	Providers map[string]providers.Provider
	// Settings reads the parameters that classes refer to.
	Settings settings.Reader
	Writer   *statuswriter.Writer
}

// Setup starts it with the manager.
func (c *Controller) Setup(mgr manager.Manager) error {
	b := ctrl.NewControllerManagedBy(mgr).Named("gatewayclass").
		For(&gatewayv1.GatewayClass{}).
		Watches(&gatewayv1.Gateway{}, handler.EnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []ctrlreconcile.Request {
			name := string(o.(*gatewayv1.Gateway).Spec.GatewayClassName)
			return []ctrlreconcile.Request{{NamespacedName: client.ObjectKey{Name: name}}}
		})).
		WatchesMetadata(CRD(), handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, _ client.Object) []ctrlreconcile.Request {
			return c.classes(ctx, func(*gatewayv1.GatewayClass) bool { return true })
		}))
	for _, kind := range settings.Kinds(c.Providers) {
		b = b.Watches(kind, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []ctrlreconcile.Request {
			return c.classes(ctx, func(class *gatewayv1.GatewayClass) bool { return settings.ClassUses(class, o) })
		}))
	}
	return b.Complete(c)
}

// classes are those that fit.
func (c *Controller) classes(ctx context.Context, fits func(*gatewayv1.GatewayClass) bool) []ctrlreconcile.Request {
	var all gatewayv1.GatewayClassList
	if err := c.Client.List(ctx, &all, client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "GatewayClasses not listed")
		return nil
	}
	var out []ctrlreconcile.Request
	for i := range all.Items {
		if fits(&all.Items[i]) {
			out = append(out, ctrlreconcile.Request{NamespacedName: client.ObjectKeyFromObject(&all.Items[i])})
		}
	}
	return out
}

// Reconcile judges one class.
func (c *Controller) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	class := &gatewayv1.GatewayClass{}
	if err := c.Client.Get(ctx, req.NamespacedName, class); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !Ours(class) {
		return ctrl.Result{}, nil
	}
	if err := c.keepWhileUsed(ctx, class); err != nil {
		return ctrl.Result{}, err
	}
	accepted, features, err := Judge(ctx, c.Providers, c.Settings, class)
	if err != nil {
		return ctrl.Result{}, err
	}
	version, err := SupportedVersion(ctx, c.Client)
	if err != nil {
		return ctrl.Result{}, err
	}
	statuswriter.Wish(c.Writer, class, "", func(k *gatewayv1.GatewayClass) {
		status.Class(&k.Status, class.Generation, metav1.Now(), features, accepted, version)
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

// Ours reports whether a class is one of Fairway's, known or not.
func Ours(class *gatewayv1.GatewayClass) bool {
	return strings.HasPrefix(string(class.Spec.ControllerName), Domain)
}

// Judge says whether a class of ours can be used, as its Accepted condition,
// and what it can do.
func Judge(ctx context.Context, all map[string]providers.Provider, parameters settings.Reader, class *gatewayv1.GatewayClass) (metav1.Condition, []gatewayv1.SupportedFeature, error) {
	provider := Provider(all, class)
	if provider == nil {
		return conditions.ClassUnknownProvider(fmt.Sprintf("spec.controllerName: this Fairway has no provider for %s; it cannot be changed, so make the GatewayClass anew with one of %s",
			class.Spec.ControllerName, Domain+strings.Join(slices.Sorted(maps.Keys(all)), ", "+Domain))), nil, nil
	}
	own, err := parameters.OfClass(ctx, class, provider)
	if refusal, is := errors.AsType[*settings.Refusal](err); is {
		return conditions.ClassInvalidParameters(refusal.Message), nil, nil
	} else if err != nil {
		return metav1.Condition{}, nil, err
	}
	return conditions.ClassAccepted(), Features(provider.Capabilities(own)), nil
}

// Provider is the provider that a class names, or nil.
func Provider(all map[string]providers.Provider, class *gatewayv1.GatewayClass) providers.Provider {
	name, ours := strings.CutPrefix(string(class.Spec.ControllerName), Domain)
	if !ours {
		return nil
	}
	return all[name]
}
