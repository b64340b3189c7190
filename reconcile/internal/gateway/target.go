package gateway

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/conditions"
	"fairway.dev/fairway/reconcile/internal/gatewayclass"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/placement"
	"fairway.dev/fairway/reconcile/internal/settings"
)

// target is by whom, where and how a Gateway asks to be served.
type target struct {
	// foreign is true when its class is another controller's.
	foreign bool
	// provider is nil when nobody can tell, or this build has not got it.
	provider providers.Provider
	located  settings.Located
	// refused is the Gateway's Accepted condition when its class, its class's
	// parameters or its own cannot be used.
	refused *metav1.Condition
}

func (t target) placement() placement.Placement {
	return placement.Placement{Provider: t.provider.Name(), Location: t.located.Location}
}

// target reads a Gateway's class and parameters.
func (in Inputs) target(ctx context.Context, gw *gatewayv1.Gateway) (target, error) {
	class := &gatewayv1.GatewayClass{}
	err := in.Reader.Get(ctx, gather.Key{Name: string(gw.Spec.GatewayClassName)}, class)
	if apierrors.IsNotFound(err) {
		refused := conditions.GatewayInvalid(fmt.Sprintf("spec.gatewayClassName: there is no GatewayClass %s; create it or name another", gw.Spec.GatewayClassName))
		return target{refused: &refused}, nil
	} else if err != nil {
		return target{}, fmt.Errorf("read GatewayClass %s: %w", gw.Spec.GatewayClassName, err)
	}
	t := target{
		provider: gatewayclass.Provider(in.Providers, class),
		foreign:  !gatewayclass.Ours(class),
	}
	if t.provider == nil {
		refused := conditions.GatewayInvalid(fmt.Sprintf("spec.gatewayClassName: GatewayClass %s is not accepted; see its status", class.Name))
		t.refused = &refused
		return t, nil
	}
	located, err := in.Settings.OfGateway(ctx, gw, class, t.provider)
	if refusal, is := errors.AsType[*settings.Refusal](err); is {
		message := refusal.Message
		if refusal.InClass {
			message = fmt.Sprintf("spec.gatewayClassName: GatewayClass %s is not accepted; mend its %s", class.Name, message)
		}
		refused := conditions.GatewayInvalidParameters(message)
		t.refused = &refused
		return t, nil
	}
	t.located = located
	return t, err
}
