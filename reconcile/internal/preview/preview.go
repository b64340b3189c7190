// Package preview says what would come of files before they are applied: it
// lays them over a world, live or empty, and takes every Gateway from there to
// its provider's plan, as a round of the hub would. It changes nothing.
package preview

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/conditions"
	"fairway.dev/fairway/reconcile/internal/gateway"
	"fairway.dev/fairway/reconcile/internal/gatewayclass"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/placement"
	"fairway.dev/fairway/reconcile/internal/settings"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// World is what files are laid over. The readers are nil for an empty world.
type World struct {
	// Live reads all but what the others read; of Secrets, metadata only.
	Live client.Reader
	// Services reads Services, Values the values of Secrets, and Parameters
	// the providers' parameters, as unstructured objects.
	Services, Values, Parameters client.Reader
	Scheme                       *runtime.Scheme
	Hub                          string
	Providers                    map[string]providers.Provider
	Endpoints                    providers.EndpointSource
	// Observe says what exists of a Gateway in a place. In an empty world,
	// nothing does.
	Observe func(context.Context, *gatewayv1.Gateway, placement.Placement) (providers.Observation, error)
}

// Plan says what would change if objects were applied.
func (w *World) Plan(ctx context.Context, objects []*unstructured.Unstructured) (*Preview, error) {
	laid, notes, err := w.take(ctx, objects)
	if err != nil {
		return nil, err
	}
	before := map[client.ObjectKey]*one{}
	if w.Live != nil {
		if before, err = w.gateways(ctx, nil); err != nil {
			return nil, err
		}
	}
	after, err := w.gateways(ctx, laid)
	if err != nil {
		return nil, err
	}
	p := &Preview{Gateways: []Gateway{}, Notes: append(notes, unattached(laid, after)...)}
	for key, now := range after {
		was := before[key]
		if err := w.plan(ctx, now); err != nil {
			return nil, fmt.Errorf("Gateway %s: %w", key, err)
		}
		if shown := now.show(was); shown.differs(was, now) {
			p.Gateways = append(p.Gateways, shown)
		}
	}
	slices.SortFunc(p.Gateways, func(a, b Gateway) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	return p, nil
}

// one is one Gateway in one state of the world.
type one struct {
	gw       *gatewayv1.Gateway
	provider providers.Provider
	located  settings.Located
	// result is nil when refused says why the Gateway cannot be read further.
	result  *translate.Result
	refused *metav1.Condition
	steps   []plan.Step
	// verdicts are the provider's, but for what is served natively.
	verdicts []plan.Verdict
}

// gateways understands every Gateway of ours, with the files laid over.
func (w *World) gateways(ctx context.Context, laid files) (map[client.ObjectKey]*one, error) {
	on := func(below client.Reader) client.Reader { return overlay{files: laid, below: below, scheme: w.Scheme} }
	reader := on(w.Live)
	inputs := gather.New(reader)
	inputs.Services, inputs.Values = on(w.Services), on(w.Values)
	parameters := settings.Reader{Cache: on(w.Parameters)}
	var all gatewayv1.GatewayList
	if err := reader.List(ctx, &all); err != nil {
		return nil, fmt.Errorf("list Gateways: %w", err)
	}
	found := map[client.ObjectKey]*one{}
	for i := range all.Items {
		gw := &all.Items[i]
		class := &gatewayv1.GatewayClass{}
		if err := reader.Get(ctx, client.ObjectKey{Name: string(gw.Spec.GatewayClassName)}, class); client.IgnoreNotFound(err) != nil {
			return nil, fmt.Errorf("read GatewayClass %s: %w", gw.Spec.GatewayClassName, err)
		} else if err != nil {
			if laid[fileKey{gatewayKind, client.ObjectKeyFromObject(gw)}] != nil {
				found[client.ObjectKeyFromObject(gw)] = &one{gw: gw, refused: noClass(gw)}
			}
			continue
		}
		provider := gatewayclass.Provider(w.Providers, class)
		if provider == nil || !gw.DeletionTimestamp.IsZero() {
			continue
		}
		now := &one{gw: gw, provider: provider}
		if err := now.understand(ctx, inputs, parameters, class); err != nil {
			return nil, fmt.Errorf("Gateway %s: %w", client.ObjectKeyFromObject(gw), err)
		}
		found[client.ObjectKeyFromObject(gw)] = now
	}
	return found, nil
}

func noClass(gw *gatewayv1.Gateway) *metav1.Condition {
	c := conditions.GatewayInvalidParameters(fmt.Sprintf("spec.gatewayClassName: there is no GatewayClass %s; create it or correct the name", gw.Spec.GatewayClassName))
	c.Reason = string(gatewayv1.GatewayReasonPending)
	return &c
}

// understand takes a Gateway as far as its meaning.
func (o *one) understand(ctx context.Context, inputs *gather.Gatherer, parameters settings.Reader, class *gatewayv1.GatewayClass) error {
	located, err := parameters.OfGateway(ctx, o.gw, class, o.provider)
	if refusal, is := errors.AsType[*settings.Refusal](err); is {
		refused := conditions.GatewayInvalidParameters(refusal.Message)
		o.refused = &refused
		return nil
	} else if err != nil {
		return err
	}
	o.located = located
	snap, err := inputs.Snapshot(ctx, o.gw)
	if err != nil {
		return err
	}
	o.result = translate.Gateway(snap, o.provider.Capabilities(located.Settings), nil)
	return nil
}

// plan takes it on to the steps, in its place and in those that it leaves.
func (w *World) plan(ctx context.Context, o *one) error {
	if o.result == nil || o.result.Gateway[0].Status != metav1.ConditionTrue {
		// It stays as it is.
		return nil
	}
	// What is broken is written anew by the hub.
	places, _ := placement.Of(o.gw)
	for i, at := range placement.To(places, placement.Placement{Provider: o.provider.Name(), Location: o.located.Location}) {
		provider, wish, with := o.provider, o.result.LoadBalancer, o.located.Settings
		if i > 0 {
			if provider = w.Providers[at.Provider]; provider == nil {
				continue
			}
			wish, with = nil, nil
		}
		seen, err := w.observe(ctx, o.gw, at)
		if err != nil {
			return fmt.Errorf("observe: %w", err)
		}
		ref := gateway.Ref(w.Hub, o.gw, at)
		p, held := gateway.Plan(provider, ref, with, wish, seen, w.Endpoints)
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

func (w *World) observe(ctx context.Context, gw *gatewayv1.Gateway, at placement.Placement) (providers.Observation, error) {
	if w.Observe == nil {
		return providers.Observation{}, nil
	}
	return w.Observe(ctx, gw, at)
}

// same reports whether two states of a Gateway ask for the same.
func same(a, b *one) bool {
	if a.result == nil || b.result == nil {
		return a.result == b.result
	}
	return ir.Equal(a.result.LoadBalancer, b.result.LoadBalancer)
}
