package gateway

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/placement"
	"fairway.dev/fairway/reconcile/internal/settings"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// Inputs are what a Gateway is understood from.
type Inputs struct {
	// Reader reads GatewayClasses.
	Reader    client.Reader
	Settings  settings.Reader
	Providers map[string]providers.Provider
	Gather    *gather.Gatherer
}

func (c *Controller) inputs() Inputs {
	return Inputs{Reader: c.Client, Settings: c.Settings, Providers: c.Providers, Gather: c.Gather}
}

// Prospect is what a round makes of a Gateway, as far as what exists of it has
// no say.
type Prospect struct {
	// Foreign is true when its class is another controller's: what is there of
	// it goes.
	Foreign bool
	// Refused is its Accepted condition when its class or its parameters cannot
	// be used.
	Refused *metav1.Condition
	// Provider is the one that it asks for; nil when nobody can tell, or this
	// build has not got it.
	Provider providers.Provider
	// Places are those that something is to be done in: where it is served,
	// and then those that it leaves. None if nothing is.
	Places   []placement.Placement
	Settings providers.Settings
	// Result is what it means, and Served what it is served by: the same,
	// unless what it means cannot be accepted. Nil where nothing is begun.
	Result, Served *translate.Result
}

// Accepted is the Gateway's condition of that name.
func (p Prospect) Accepted() metav1.Condition {
	switch {
	case p.Refused != nil:
		return *p.Refused
	case p.Result != nil:
		return p.Result.Gateway[0]
	}
	return metav1.Condition{}
}

// Understand says what a round would make of a Gateway that stays, for somebody
// who only wants to know.
func (in Inputs) Understand(ctx context.Context, gw *gatewayv1.Gateway) (Prospect, error) {
	t, err := in.target(ctx, gw)
	if err != nil {
		return Prospect{}, err
	}
	p := Prospect{Foreign: t.foreign, Provider: t.provider}
	if !t.foreign {
		p.Refused = t.refused
	}
	// What is broken is written anew by the hub.
	list, _ := placement.Of(gw)
	good, _ := placement.ReadGood(gw)
	switch {
	case t.foreign && controllerutil.ContainsFinalizer(gw, Finalizer):
		p.Places = list
		return p, nil
	case t.foreign:
		return p, nil
	}
	to, can := t.course(in.Providers, list, good)
	if !can {
		return p, nil
	}
	snap, err := in.Gather.Snapshot(ctx, gw)
	if err != nil {
		return Prospect{}, fmt.Errorf("gather: %w", err)
	}
	p.Settings = to.settings
	p.Result, p.Served, _ = mean(snap, in.Providers[to.places[0].Provider].Capabilities(to.settings), to.settings, good, nil, nil)
	if accepted(p.Served) {
		p.Places = to.places
	}
	return p, nil
}
