package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// watchInterval is the pause between two looks of --watch.
const watchInterval = time.Second

func newStatus(g *globals) *cobra.Command {
	var o output
	var namespace string
	var watch bool
	c := &cobra.Command{
		Use:   "status [NAMESPACE/NAME]",
		Short: "Show how Gateways are served, and why not",
		Long: `Show Gateways with their addresses and listeners, their routes with what is wrong with them, and the pools
of their backends by cluster with how many endpoints are ready.

The exit code is 3 if a Gateway is not programmed, a route is not accepted, or a pool has no ready endpoint.`,
		Example: "  fairwayctl status\n  fairwayctl status shop/web --watch\n  fairwayctl status -n shop -o json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(c); err != nil {
				return err
			}
			only := client.ObjectKey{Namespace: namespace}
			if len(args) == 1 {
				ns, name, ok := strings.Cut(args[0], "/")
				if !ok {
					ns, name = namespace, args[0]
				}
				if ns == "" || name == "" {
					return &usageError{command: c.CommandPath(), err: fmt.Errorf("%q: want NAMESPACE/NAME, or NAME with --namespace", args[0])}
				}
				only = client.ObjectKey{Namespace: ns, Name: name}
			}
			hub, err := g.hub()
			if err != nil {
				return err
			}
			if watch {
				return watchStatus(c.Context(), g.out, hub, only, o)
			}
			all, err := survey(c.Context(), hub, only)
			if err != nil {
				return err
			}
			return show(g.out, all, o)
		},
	}
	o.bind(c)
	c.Flags().StringVarP(&namespace, "namespace", "n", "", "only Gateways of this namespace (default: all)")
	c.Flags().BoolVarP(&watch, "watch", "w", false, "go on, and show it anew whenever it changes")
	return c
}

func show(w io.Writer, all []gatewayStatus, o output) error {
	if err := o.print(w, all, func(w io.Writer) error { return tree(w, all) }); err != nil {
		return err
	}
	for _, g := range all {
		if !g.well() {
			return &unwellError{}
		}
	}
	return nil
}

// watchStatus shows the status whenever it is another one, until ctx is done.
func watchStatus(ctx context.Context, w io.Writer, hub client.Client, only client.ObjectKey, o output) error {
	ticks := time.NewTicker(watchInterval)
	defer ticks.Stop()
	before := []byte(nil)
	for {
		var now bytes.Buffer
		all, err := survey(ctx, hub, only)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			_, _ = fmt.Fprintln(&now, err)
		default:
			// That not all is well is shown; it ends nothing.
			_ = show(&now, all, o)
		}
		if !bytes.Equal(before, now.Bytes()) {
			if _, err := fmt.Fprintf(w, "--- %s\n%s", time.Now().Format(time.TimeOnly), now.Bytes()); err != nil {
				return err
			}
			before = now.Bytes()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}
