package main

import (
	"context"
	"fmt"
	"io"
	"time"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/e2e/install"
)

// followEvery is how often the demo looks whether the Gateway has moved.
const followEvery = 2 * time.Second

// follow stays until ctx ends and prints where the Gateway is whenever a visitor has made it anew and
// it got another address: the loopback port of the old one leads nowhere.
func (s *scene) follow(ctx context.Context, to io.Writer) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		gateway := new(gatewayv1.Gateway)
		if err := s.stack.Hub.Client.Get(ctx, example, gateway); err != nil {
			continue // it is gone for now, or the visitor has stopped the hub
		}
		if len(gateway.Status.Addresses) == 0 || len(gateway.Spec.Listeners) == 0 {
			continue
		}
		outside, err := s.stack.Fleet.Forward(install.Address(gateway, 0))
		if err == nil && outside != s.outside {
			s.outside = outside
			_, _ = fmt.Fprintf(to, "\nThe Gateway has another address now. It is at http://%s\n", outside) // nobody to tell
		}
	}
}
