package main

import (
	"context"
	"fmt"
	"time"
)

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
