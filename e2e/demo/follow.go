package main

import (
	"context"
	"io"
	"time"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// followEvery is how often the demo looks whether the Gateway has changed.
const followEvery = 2 * time.Second

// follow stays until ctx ends and tells of listeners that the visitor adds, and of new addresses:
// the loopback ports of old ones lead nowhere.
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
		if doors, err := s.doors(ctx, gateway); err == nil && len(doors) > 0 {
			s.tell(to, doors)
		}
	}
}
