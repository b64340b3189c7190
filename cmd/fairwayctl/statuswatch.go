package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

const (
	// settle is how long changes gather before they are shown: one of a user's
	// makes several of the hub's.
	settle = 100 * time.Millisecond
	// checkInterval is how often the hub is asked whether it is there: watches
	// tell what changes, and try on silently while nobody answers.
	checkInterval = 5 * time.Second
)

// watchStatus shows the status of a hub whenever it is another one, until ctx
// is done. live asks the hub itself.
func watchStatus(ctx context.Context, w io.Writer, live client.Reader, f *followed, only client.ObjectKey, o output) error {
	checks := time.NewTicker(checkInterval)
	defer checks.Stop()
	var before []byte
	var away error
	for {
		now := screen(ctx, f, away, only, o)
		if ctx.Err() != nil {
			return nil
		}
		if !bytes.Equal(before, now) {
			if _, err := w.Write(headed(now, o, time.Now())); err != nil {
				return err
			}
			before = now
		}
		select {
		case <-ctx.Done():
		case <-f.changed:
			select {
			case <-ctx.Done():
			case <-time.After(settle):
			}
		case <-checks.C:
			away = check(ctx, live)
		}
	}
}

// headed is a screen with what sets it off from the one before; programs read
// JSON documents one after another, and YAML between lines.
func headed(screen []byte, o output, now time.Time) []byte {
	switch o.format {
	case "json":
		return screen
	case "yaml":
		return append([]byte("---\n"), screen...)
	}
	return append([]byte("--- "+now.Format(time.TimeOnly)+"\n"), screen...)
}

// check asks a hub for next to nothing.
func check(ctx context.Context, live client.Reader) error {
	ctx, cancel := context.WithTimeout(ctx, checkInterval)
	defer cancel()
	if err := live.List(ctx, &gatewayv1.GatewayClassList{}, client.Limit(1)); err != nil {
		return fmt.Errorf("the hub does not answer: %w", err)
	}
	return nil
}

// screen is one status, as it is shown.
func screen(ctx context.Context, from *followed, away error, only client.ObjectKey, o output) []byte {
	var b bytes.Buffer
	now, err := hubStatus{}, away
	if err == nil {
		err = from.refused.err()
	}
	if err == nil {
		now, err = look(ctx, from, only)
	}
	if err != nil {
		// What is written to memory does not fail.
		_ = o.print(&b, struct {
			Error string `json:"error"`
		}{err.Error()}, func(w io.Writer) error {
			_, err := fmt.Fprintln(w, err)
			return err
		})
		return b.Bytes()
	}
	// That not all is well is shown; it ends nothing.
	_ = show(&b, now, o)
	return b.Bytes()
}
