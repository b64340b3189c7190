package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/e2e/install"
)

const (
	// ask is the pause between two requests that look for a change: it is what the figures are coarse by,
	// and asking takes processor time from what is asked.
	ask = 2 * time.Millisecond
	// giveUp is when a change that does not show counts as an error.
	giveUp = 10 * time.Second
)

// newRoutes makes routes, waits for the first 200 of each, and removes them, one after the other. The
// first latency is the API server's: until it took the route.
func (b *bench) newRoutes(ctx context.Context) (taken, served Latency, err error) {
	var accepts, samples []time.Duration
	missing := 0
	for i := b.routes; i < b.routes+b.samples; i++ {
		r := b.route(i, b.gateway.Name)
		begin := time.Now()
		if err := b.stack.Hub.Client.Create(ctx, r); err != nil {
			return taken, served, err
		}
		accepts = append(accepts, time.Since(begin))
		at, err := b.until(ctx, giveUp, i, func(a install.Answer) bool { return a.Status == http.StatusOK })
		if ctx.Err() != nil {
			return taken, served, ctx.Err()
		}
		if err != nil {
			missing++
		} else {
			samples = append(samples, at.Sub(begin))
		}
		if err := b.stack.Hub.Client.Delete(ctx, r); err != nil {
			return taken, served, err
		}
		if _, err := b.until(ctx, giveUp, i, func(a install.Answer) bool { return a.Status == http.StatusNotFound }); err != nil {
			return taken, served, err
		}
	}
	return newLatency(accepts, 0), newLatency(samples, missing), b.attached(ctx, b.gateway, b.routes)
}

// newEndpoints moves services from one pod to the other and waits for the first answer of the new.
func (b *bench) newEndpoints(ctx context.Context) (Latency, error) {
	var samples []time.Duration
	missing := 0
	for k := range b.samples {
		i := k % b.routes
		slice := &discoveryv1.EndpointSlice{}
		if err := b.home.Client.Get(ctx, client.ObjectKey{Namespace: b.namespace, Name: serviceName(i)}, slice); err != nil {
			return Latency{}, err
		}
		next := b.pods[0]
		if slice.Endpoints[0].Addresses[0] == next.Status.PodIP {
			next = b.pods[1]
		}
		slice.Endpoints = b.slice("", next).Endpoints
		begin := time.Now()
		if err := b.home.Client.Update(ctx, slice); err != nil {
			return Latency{}, err
		}
		at, err := b.until(ctx, giveUp, i, func(a install.Answer) bool { return a.Pod == next.Name })
		if ctx.Err() != nil {
			return Latency{}, ctx.Err()
		}
		if err != nil {
			missing++
			continue
		}
		samples = append(samples, at.Sub(begin))
	}
	return newLatency(samples, missing), nil
}

// until asks for the host of a route until the answer is as wished, and says when that came.
func (b *bench) until(ctx context.Context, timeout time.Duration, i int, wished func(install.Answer) bool) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	ticks := time.NewTicker(ask)
	defer ticks.Stop()
	for {
		answer, err := install.Ask(ctx, b.stack.HTTP, b.address, hostOf(i), "/")
		if err == nil && wished(answer) {
			return time.Now(), nil
		}
		select {
		case <-ctx.Done():
			return time.Time{}, errors.Join(fmt.Errorf("%s: the last answer is %+v", hostOf(i), answer), err)
		case <-ticks.C:
		}
	}
}
