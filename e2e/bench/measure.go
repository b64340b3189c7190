package main

import (
	"context"
	"fmt"
	"io"
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

// bench measures one subject.
type bench struct {
	*world
	subject subject
	samples int
	log     io.Writer

	gateway client.ObjectKey
	address string
	routes  int
}

// run measures the subject at each size, from small to large.
func (b *bench) run(ctx context.Context, sizes []int, attach int) (Figures, error) {
	f := Figures{Subject: b.subject.name}
	if _, err := b.stack.Hub.Apply(ctx, []byte(b.subject.manifest)); err != nil {
		return f, err
	}
	gw, err := b.world.gateway(ctx, "bench", b.subject.class)
	if err != nil {
		return f, err
	}
	b.gateway, b.address = client.ObjectKeyFromObject(gw), install.Address(gw, 0)
	for _, n := range sizes {
		size, err := b.size(ctx, n)
		if err != nil {
			return f, fmt.Errorf("at %d routes: %w", n, err)
		}
		f.Sizes = append(f.Sizes, size)
	}
	if attach > 0 {
		if f.Attach, err = b.attach(ctx, attach); err != nil {
			return f, fmt.Errorf("attach %d routes: %w", attach, err)
		}
	}
	return f, nil
}

// size brings the Gateway to a number of routes and measures single changes there.
func (b *bench) size(ctx context.Context, n int) (Size, error) {
	say(b.log, "%s: making %d routes, each with a service of its own", b.subject.name, n)
	if err := b.serve(ctx, n+b.samples); err != nil {
		return Size{}, err
	}
	if err := b.createRoutes(ctx, b.routes, n, b.gateway.Name); err != nil {
		return Size{}, err
	}
	b.routes = n
	if err := b.attached(ctx, b.gateway, n); err != nil {
		return Size{}, err
	}
	if _, err := b.until(ctx, patience, n-1, func(a install.Answer) bool { return a.Status == http.StatusOK }); err != nil {
		return Size{}, err
	}
	if err := b.quiet(ctx); err != nil {
		return Size{}, err
	}
	size := Size{Routes: n}
	say(b.log, "%s: %d new routes, one after the other", b.subject.name, b.samples)
	cost, err := b.cost(ctx, func() (err error) { size.Taken, size.Route, err = b.newRoutes(ctx); return err })
	if err != nil {
		return size, err
	}
	size.HubRouteCPU = cost.controllers.seconds * 1000 / float64(b.samples)
	say(b.log, "%s: %d changed endpoints, one after the other", b.subject.name, b.samples)
	cost, err = b.cost(ctx, func() (err error) { size.Endpoint, err = b.newEndpoints(ctx); return err })
	if err != nil {
		return size, err
	}
	size.HubCPU = cost.controllers.seconds * 1000 / float64(b.samples)
	size.ProxyCPU = cost.proxies.seconds * 1000 / float64(b.samples)
	size.HubMB, size.ProxyMB = cost.controllers.bytes/1e6, cost.proxies.bytes/1e6
	return size, nil
}

// quiet waits until the controllers have nothing left to do: what thousands of routes leave behind, such
// as their statuses, is no part of a single change.
func (b *bench) quiet(ctx context.Context) error {
	const window, idle = time.Second, 0.03
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticks := time.NewTicker(window)
	defer ticks.Stop()
	for before := -1.0; ; {
		now, err := b.subject.controllers(ctx)
		if err != nil {
			return err
		}
		if before >= 0 && now.seconds-before < idle {
			return nil
		}
		before = now.seconds
		select {
		case <-ctx.Done():
			return fmt.Errorf("the controllers are never idle: %w", ctx.Err())
		case <-ticks.C:
		}
	}
}

// newRoutes makes routes, waits for the first 200 of each, and removes them, one after the other. The
// first latency is the API server's: until it took the route.
func (b *bench) newRoutes(ctx context.Context) (taken, served Latency, err error) {
	var accepts, samples []time.Duration
	errors := 0
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
			errors++
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
	return newLatency(accepts, 0), newLatency(samples, errors), b.attached(ctx, b.gateway, b.routes)
}

// newEndpoints moves services from one pod to the other and waits for the first answer of the new.
func (b *bench) newEndpoints(ctx context.Context) (Latency, error) {
	var samples []time.Duration
	errors := 0
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
			errors++
			continue
		}
		samples = append(samples, at.Sub(begin))
	}
	return newLatency(samples, errors), nil
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
			return time.Time{}, fmt.Errorf("%s: the last answer is %+v, %w", hostOf(i), answer, err)
		case <-ticks.C:
		}
	}
}

// costs are what was used while something was done; bytes are those at its end.
type costs struct{ controllers, proxies usage }

func (b *bench) cost(ctx context.Context, do func() error) (costs, error) {
	before, err := b.read(ctx)
	if err != nil {
		return costs{}, err
	}
	if err := do(); err != nil {
		return costs{}, err
	}
	after, err := b.read(ctx)
	after.controllers.seconds -= before.controllers.seconds
	after.proxies.seconds -= before.proxies.seconds
	return after, err
}

func (b *bench) read(ctx context.Context) (c costs, err error) {
	if c.controllers, err = b.subject.controllers(ctx); err != nil {
		return c, err
	}
	c.proxies, err = b.subject.proxies(ctx, b.gateway)
	return c, err
}
