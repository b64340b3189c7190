package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

// course is where and how a Gateway is to be served.
type course struct {
	// places are where it is served, and then those that it leaves once it is.
	places   []placement.Placement
	settings providers.Settings
}

// course says where and how a Gateway is to be served: as it asks for, or where
// that cannot be, as when it last could. It is false for one that never could:
// nothing is begun for that.
func (c *Controller) course(ctx context.Context, gw *gatewayv1.Gateway, s *state, t target) (course, bool) {
	list, err := placement.Of(gw)
	if err != nil {
		// Somebody broke the annotation. What it said is lost; listing finds
		// what was built there.
		ctrl.LoggerFrom(ctx).Error(err, "Placements of a Gateway not read, written anew")
	}
	if s.good == nil {
		if s.good, err = placement.ReadGood(gw); err != nil {
			ctrl.LoggerFrom(ctx).Error(err, "What a Gateway was last accepted with is not read")
		}
	}
	if t.refused != nil && s.here != nil {
		list = placement.To(list, s.here.placement)
	}
	return t.course(c.Providers, list, s.good)
}

// course is where and how the target leads from the places that the Gateway
// has, and from what it was last accepted with.
func (t target) course(all map[string]providers.Provider, list []placement.Placement, good *placement.Good) (course, bool) {
	if t.refused == nil {
		return course{placement.To(list, t.placement()), t.located.Settings}, true
	}
	if len(list) == 0 || good == nil || all[list[0].Provider] == nil {
		return course{}, false
	}
	if at, err := all[list[0].Provider].Locate(good.Settings); err != nil || at != list[0].Location {
		return course{}, false
	}
	return course{list, good.Settings}, true
}

// place writes down where the Gateway's load balancer is to be, and what it was
// last accepted with, before anything is made there, and makes that the site
// that serves.
func (c *Controller) place(ctx context.Context, gw *gatewayv1.Gateway, s *state, to course) error {
	if err := c.writePlacements(ctx, gw, to.places, s.good); err != nil {
		return err
	}
	here := c.site(gw, s, to.places[0])
	here.settings = to.settings
	c.mu.Lock()
	s.here = here
	c.mu.Unlock()
	return nil
}

// writePlacements writes the list, what the Gateway was last accepted with and
// our finalizer, or takes all of it away for an empty list, and writes nothing
// else. The lock keeps what others write to the Gateway meanwhile.
func (c *Controller) writePlacements(ctx context.Context, gw *gatewayv1.Gateway, list []placement.Placement, good *placement.Good) error {
	after := gw.DeepCopy()
	if len(list) == 0 {
		controllerutil.RemoveFinalizer(after, Finalizer)
		good = nil
	} else {
		controllerutil.AddFinalizer(after, Finalizer)
	}
	if err := errors.Join(placement.Set(after, list), placement.WriteGood(after, good)); err != nil {
		return err
	}
	if slices.Equal(after.Finalizers, gw.Finalizers) && maps.Equal(after.Annotations, gw.Annotations) {
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
		var came programmed
		if !c.turns.do(c.account(p), client.ObjectKeyFromObject(gw), func() { came = c.program(ctx, gw, one, nil) }) {
			left = append(left, p)
			continue
		}
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
