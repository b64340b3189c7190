package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// attachFrom is the number of the first route of the Gateway that many routes attach to at once. Their
// services are those of the other routes.
const attachFrom = 50000

// attach makes a second Gateway and many routes for it at once, and counts the writes of its status until
// it counts them all and the controllers have come to rest.
func (b *bench) attach(ctx context.Context, routes int) (*Attach, error) {
	say(b.log, "%s: %d routes at once", b.subject.name, routes)
	gw, err := b.world.gateway(ctx, "attach", b.subject.class)
	if err != nil {
		return nil, err
	}
	// What the new Gateway itself leaves to do is no part of the routes.
	if err := b.quiet(ctx); err != nil {
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
	made := make(chan error, 1)
	go func() {
		err := b.createRoutes(ctx, attachFrom, attachFrom+routes, gw.Name)
		last = time.Now()
		made <- err
	}()
	y := &tally{routes: routes}
	if err := b.settle(ctx, y, events.ResultChan(), made); err != nil {
		return nil, err
	}
	return &Attach{Routes: routes, Seconds: max(y.right.Sub(last), 0).Seconds(), Writes: y.writes}, nil
}

// settle follows the Gateway until the routes are made and it is right, and stays so with no further write
// until the controllers are idle: what comes after the first right count counts, too.
func (b *bench) settle(ctx context.Context, y *tally, events <-chan watch.Event, made <-chan error) error {
	var rested chan error
	writes := 0
	for {
		select {
		case err := <-made:
			if err != nil {
				return err
			}
			made = nil
		case err := <-rested:
			if err != nil {
				return fmt.Errorf("it counts %d: %w", y.counted(), err)
			}
			if !y.right.IsZero() && y.writes == writes {
				return nil
			}
			rested = nil
		case e := <-events:
			gw, is := e.Object.(*gatewayv1.Gateway)
			if e.Type == watch.Error || !is {
				return errors.Join(fmt.Errorf("the watch ended when it counted %d: %+v", y.counted(), e.Object), ctx.Err())
			}
			y.see(gw, time.Now())
		}
		if made == nil && !y.right.IsZero() && rested == nil {
			rested, writes = make(chan error, 1), y.writes
			go func(done chan<- error) { done <- b.quiet(ctx) }(rested)
		}
	}
}
