package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// attachFrom is the number of the first route of the Gateway that many routes attach to at once.
const attachFrom = 50000

// attach makes a second Gateway and many routes for it at once, and counts the writes of its status until
// it counts them all and the controllers have come to rest.
func (b *bench) attach(ctx context.Context, routes int) (*Attach, error) {
	say(b.log, "%s: %d routes at once", b.subject.name, routes)
	gw, err := b.world.gateway(ctx, "attach", b.subject.class)
	if err != nil {
		return nil, err
	}
	watching, err := client.NewWithWatch(b.stack.Hub.RESTConfig(), client.Options{Scheme: b.stack.Hub.Client.Scheme()})
	if err != nil {
		return nil, fmt.Errorf("make a client that watches: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	events, err := watching.Watch(ctx, &gatewayv1.GatewayList{}, client.InNamespace(b.namespace), client.MatchingFields{"metadata.name": gw.Name})
	if err != nil {
		return nil, fmt.Errorf("watch the Gateway: %w", err)
	}
	defer events.Stop()
	var last time.Time
	made, rested := make(chan error, 1), make(chan error, 1)
	go func() {
		err := b.createRoutes(ctx, attachFrom, attachFrom+routes, gw.Name)
		last = time.Now()
		made <- err
	}()
	a := &Attach{Routes: routes}
	var right time.Time
	var before *gatewayv1.GatewayStatus
	for resting := false; ; {
		select {
		case err := <-made:
			if err != nil {
				return nil, err
			}
			made = nil
		case err := <-rested:
			if err != nil {
				return nil, err
			}
			if !right.IsZero() {
				a.Seconds = max(right.Sub(last), 0).Seconds()
				return a, nil
			}
			resting = false
		case e := <-events.ResultChan():
			now, is := e.Object.(*gatewayv1.Gateway)
			if e.Type == watch.Error || !is {
				return nil, fmt.Errorf("the watch ended: %+v, %w", e.Object, ctx.Err())
			}
			if before != nil && !equality.Semantic.DeepEqual(*before, now.Status) {
				a.Writes++
			}
			before = &now.Status
			if l := now.Status.Listeners; len(l) != 1 || int(l[0].AttachedRoutes) != routes {
				right = time.Time{}
			} else if right.IsZero() {
				right = time.Now()
			}
		}
		if made == nil && !right.IsZero() && !resting {
			resting = true
			go func() { rested <- b.quiet(ctx) }()
		}
	}
}
