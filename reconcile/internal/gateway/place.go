package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/outcome"
	"fairway.dev/fairway/reconcile/internal/placement"
)

// place writes down where the Gateway's load balancer is to be, before anything
// is made there, and makes that the site that serves. It gives the places to
// leave.
func (c *Controller) place(ctx context.Context, gw *gatewayv1.Gateway, s *state, t target) ([]placement.Placement, error) {
	list, err := placement.Of(gw)
	if err != nil {
		// Somebody broke the annotation. What it said is lost; listing finds
		// what was built there.
		ctrl.LoggerFrom(ctx).Error(err, "Placements of a Gateway not read, written anew")
	}
	list = placement.To(list, t.placement())
	if err := c.writePlacements(ctx, gw, list); err != nil {
		return nil, err
	}
	here := c.site(gw, s, list[0])
	here.settings = t.located.Settings
	c.mu.Lock()
	s.here = here
	c.mu.Unlock()
	return list[1:], nil
}

// writePlacements writes the list and our finalizer, or takes both away for an
// empty list, and writes nothing else. The lock keeps what others write to the
// Gateway meanwhile.
func (c *Controller) writePlacements(ctx context.Context, gw *gatewayv1.Gateway, list []placement.Placement) error {
	after := gw.DeepCopy()
	if len(list) == 0 {
		controllerutil.RemoveFinalizer(after, Finalizer)
	} else {
		controllerutil.AddFinalizer(after, Finalizer)
	}
	if err := placement.Set(after, list); err != nil {
		return err
	}
	if slices.Equal(after.Finalizers, gw.Finalizers) && after.Annotations[placement.Annotation] == gw.Annotations[placement.Annotation] {
		return nil
	}
	patch := client.MergeFromWithOptions(gw, client.MergeFromWithOptimisticLock{})
	err := c.Client.Patch(ctx, after, patch)
	if apierrors.IsConflict(err) {
		return errConflict
	} else if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("write placements: %w", err)
	}
	return nil
}

// errConflict: the Gateway changed meanwhile. The cache shows it in a moment.
var errConflict = errors.New("write placements: the Gateway has changed")

// leave takes down what the Gateway has in places, and gives the placements in
// which something is left and what follows.
func (c *Controller) leave(ctx context.Context, gw *gatewayv1.Gateway, s *state, places []placement.Placement) ([]placement.Placement, outcome.Next, error) {
	var left []placement.Placement
	var errs []error
	for _, p := range places {
		one := c.site(gw, s, p)
		if one == nil {
			left, errs = append(left, p), append(errs, &providers.Error{Kind: providers.Invalid, Reason: "UnknownProvider",
				Message: fmt.Sprintf("annotation %s: this Fairway has no provider %q to remove its load balancer; run one that has", placement.Annotation, p.Provider)})
			continue
		}
		came := c.program(ctx, gw, one, nil)
		if came.err != nil || came.seen.Exists {
			left, errs = append(left, p), append(errs, came.err)
			// What is going is looked at anew, whether or not anything is said of it.
			c.forgetSeen(one.ref)
			continue
		}
		c.leaveSite(s, p)
	}
	err := errors.Join(errs...)
	next := outcome.Of(err)
	if len(left) > 0 && err == nil {
		next.After = again
	}
	return left, next, err
}
