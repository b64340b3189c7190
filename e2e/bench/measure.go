package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/e2e/install"
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
