package install

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// programTimeout bounds the wait until a Gateway or a route is in force.
const programTimeout = time.Minute

// Programmed waits until a Gateway of the hub is programmed in its present generation and returns it.
func (s *Stack) Programmed(ctx context.Context, key client.ObjectKey) (*gatewayv1.Gateway, error) {
	gateway := new(gatewayv1.Gateway)
	err := Wait(ctx, fmt.Sprintf("Gateway %s is programmed", key), programTimeout, func(ctx context.Context) error {
		if err := s.Hub.Client.Get(ctx, key, gateway); err != nil {
			return err
		}
		for _, kind := range []gatewayv1.GatewayConditionType{gatewayv1.GatewayConditionAccepted, gatewayv1.GatewayConditionProgrammed} {
			if err := Met(gateway.Status.Conditions, string(kind), metav1.ConditionTrue, gateway.Generation); err != nil {
				return err
			}
		}
		if len(gateway.Status.Addresses) == 0 {
			return errors.New("it has no address")
		}
		return nil
	})
	return gateway, err
}

// Routed waits until every parent of an HTTPRoute of the hub has accepted its present generation and
// found its backends, and returns it.
func (s *Stack) Routed(ctx context.Context, key client.ObjectKey) (*gatewayv1.HTTPRoute, error) {
	route := new(gatewayv1.HTTPRoute)
	err := Wait(ctx, fmt.Sprintf("HTTPRoute %s is accepted", key), programTimeout, func(ctx context.Context) error {
		if err := s.Hub.Client.Get(ctx, key, route); err != nil {
			return err
		}
		if got, want := len(route.Status.Parents), len(route.Spec.ParentRefs); got != want {
			return fmt.Errorf("%d of %d parents have answered", got, want)
		}
		for _, parent := range route.Status.Parents {
			for _, kind := range []gatewayv1.RouteConditionType{gatewayv1.RouteConditionAccepted, gatewayv1.RouteConditionResolvedRefs} {
				if err := Met(parent.Conditions, string(kind), metav1.ConditionTrue, route.Generation); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return route, err
}

// Address is the address of a programmed Gateway with the port of a listener, inside the fleet.
func Address(gateway *gatewayv1.Gateway, listener int) string {
	port := strconv.Itoa(int(gateway.Spec.Listeners[listener].Port))
	return net.JoinHostPort(gateway.Status.Addresses[0].Value, port)
}
