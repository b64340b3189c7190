// Package preview says what would come of files before they are applied: it
// lays them over a world, live or empty, and takes every Gateway from there to
// its provider's plan, by the decisions of the hub's own rounds. It changes
// nothing.
package preview

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/gateway"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/placement"
	"fairway.dev/fairway/reconcile/internal/settings"
)

// World is what files are laid over. The readers are nil for an empty world.
type World struct {
	// Live reads all but what the others read.
	Live client.Reader
	// Services reads Services, and Parameters the providers' parameters, as
	// unstructured objects.
	Services, Parameters client.Reader
	// Gather is the hub's own: it holds what is served of Secrets that were
	// spoilt.
	Gather    *gather.Gatherer
	Scheme    *runtime.Scheme
	Hub       string
	Providers map[string]providers.Provider
	// Foresee says what a round would do in a place, and hold back. In an
	// empty world nothing exists, and it is nil.
	Foresee func(context.Context, *gatewayv1.Gateway, placement.Placement, providers.Settings, *ir.LoadBalancer) (plan.Plan, []plan.Step, error)
}

// Plan says what would change if files were applied. The error is an
// [InvalidError] when one of their objects cannot be read, and that of ctx soon
// after ctx is done.
func (w *World) Plan(ctx context.Context, f Files) (*Preview, error) {
	w = w.still()
	over, notes, err := w.take(ctx, f)
	if err != nil {
		return nil, err
	}
	before, after := w.with(laid{}), w.with(over)
	were := map[client.ObjectKey]*one{}
	if w.Live != nil {
		if were, err = before.gateways(ctx); err != nil {
			return nil, err
		}
	}
	are, err := after.gateways(ctx)
	if err != nil {
		return nil, err
	}
	p := &Preview{Gateways: []Gateway{}}
	for key, now := range are {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !now.named() || now.untouched(were[key]) {
			continue
		}
		if err := w.plan(ctx, now); err != nil {
			return nil, fmt.Errorf("Gateway %s: %w", key, err)
		}
		// Of what is judged already.
		if was := were[key]; was != nil && len(now.verdicts) > 0 {
			if err := w.plan(ctx, was); err != nil {
				return nil, fmt.Errorf("Gateway %s as it is: %w", key, err)
			}
		}
		if shown := now.show(were[key]); shown.differs(were[key], now) {
			p.Gateways = append(p.Gateways, shown)
		}
	}
	slices.SortFunc(p.Gateways, func(a, b Gateway) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	if p.Problems, err = before.classProblems(ctx, after); err != nil {
		return nil, err
	}
	more, err := after.notes(ctx, are)
	p.Notes = slices.Concat(notes, more)
	return p, err
}

// still is the world as it stands now.
func (w *World) still() *World {
	now := *w
	now.Live, now.Services, now.Parameters = newStill(w.Live, w.Scheme), newStill(w.Services, w.Scheme), newStill(w.Parameters, w.Scheme)
	return &now
}

// state is a world with something laid over it.
type state struct {
	*World
	laid
	reader   overlay
	settings settings.Reader
	inputs   gateway.Inputs
}

func (w *World) with(l laid) *state {
	on := func(below client.Reader) overlay { return newOverlay(l.objects, below, w.Scheme) }
	s := &state{World: w, laid: l, reader: on(w.Live), settings: settings.Reader{Cache: on(w.Parameters)}}
	snapshots := w.Gather.Over(s.reader, l.certificates)
	snapshots.Services = on(w.Services)
	s.inputs = gateway.Inputs{Reader: s.reader, Settings: s.settings, Providers: w.Providers, Gather: snapshots}
	return s
}

// one is one Gateway in one state of the world.
type one struct {
	gw *gatewayv1.Gateway
	// filed is true for one that is in the files.
	filed bool
	gateway.Prospect
	steps []plan.Step
	// verdicts are the provider's, but for what is served natively.
	verdicts []plan.Verdict
}

// gateways understands every Gateway.
func (s *state) gateways(ctx context.Context) (map[client.ObjectKey]*one, error) {
	var all gatewayv1.GatewayList
	if err := s.reader.List(ctx, &all); err != nil {
		return nil, fmt.Errorf("list Gateways: %w", err)
	}
	found := map[client.ObjectKey]*one{}
	for i := range all.Items {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		gw := &all.Items[i]
		key := client.ObjectKeyFromObject(gw)
		now := &one{gw: gw, filed: s.has(gatewayKind, key)}
		if gw.DeletionTimestamp.IsZero() {
			var err error
			if now.Prospect, err = s.inputs.Understand(ctx, gw); err != nil {
				return nil, fmt.Errorf("Gateway %s: %w", key, err)
			}
		}
		found[key] = now
	}
	return found, nil
}

// named reports whether the hub has a word on the Gateway, or should have.
func (o *one) named() bool {
	switch {
	case !o.gw.DeletionTimestamp.IsZero():
		return false
	case o.Foreign:
		return len(o.Places) > 0
	}
	return o.filed || o.Result != nil || o.Provider != nil || controllerutil.ContainsFinalizer(o.gw, gateway.Finalizer)
}

// untouched reports whether files ask nothing else of a Gateway. Steps that its
// provider has still to go, such as after a proxy was deleted, it goes without
// them.
func (o *one) untouched(was *one) bool {
	return was != nil && o.Foreign == was.Foreign && slices.Equal(o.Places, was.Places) && bytes.Equal(o.Settings, was.Settings) &&
		o.served() == was.served() && same(o, was) && slices.Equal(o.problems(), was.problems())
}

// plan takes a Gateway on to the steps, in its place and in those that it
// leaves.
func (w *World) plan(ctx context.Context, o *one) error {
	for i, at := range o.Places {
		if w.Providers[at.Provider] == nil {
			continue
		}
		var wish *ir.LoadBalancer
		var with providers.Settings
		if i == 0 && !o.Foreign {
			wish, with = o.Served.LoadBalancer, o.Settings
		}
		p, held, err := w.foresee(ctx, o.gw, at, with, wish)
		if err != nil {
			return err
		}
		o.steps = append(o.steps, p.Steps...)
		for _, s := range held {
			s.Why += "; held back until the endpoints of every member are known"
			o.steps = append(o.steps, s)
		}
		for _, v := range p.Verdicts {
			if v.Service != plan.Native || v.Message != "" {
				o.verdicts = append(o.verdicts, v)
			}
		}
	}
	return nil
}

func (w *World) foresee(ctx context.Context, gw *gatewayv1.Gateway, at placement.Placement, with providers.Settings, wish *ir.LoadBalancer) (plan.Plan, []plan.Step, error) {
	if w.Foresee != nil {
		return w.Foresee(ctx, gw, at, with, wish)
	}
	p, held := gateway.Plan(w.Providers[at.Provider], gateway.Ref(w.Hub, gw, at), with, wish, providers.Observation{}, endpoints.Source{})
	return p, held, nil
}

// same reports whether two states of a Gateway ask for the same.
func same(a, b *one) bool {
	if a.Served == nil || b.Served == nil {
		return a.Served == b.Served
	}
	return ir.Equal(a.Served.LoadBalancer, b.Served.LoadBalancer)
}
