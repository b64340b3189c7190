package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
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
of their backends by cluster with how many endpoints are ready; and the members that the hub does not reach, or
has not read. What pools show of such a member is what was last known of it.

The exit code is 3 if a Gateway is not programmed, a route is not accepted, a pool has no ready endpoint, or a
member is not well.`,
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
			now, err := look(c.Context(), hub, only)
			if err != nil {
				return err
			}
			return show(g.out, now, o)
		},
	}
	o.bind(c)
	c.Flags().StringVarP(&namespace, "namespace", "n", "", "only Gateways of this namespace (default: all)")
	c.Flags().BoolVarP(&watch, "watch", "w", false, "go on, and show it anew whenever it changes")
	return c
}

// hubStatus is all that status shows.
type hubStatus struct {
	Gateways []gatewayStatus `json:"gateways"`
	// Members are those that are not well.
	Members []memberRow `json:"members,omitempty"`
}

func look(ctx context.Context, hub client.Client, only client.ObjectKey) (hubStatus, error) {
	var now hubStatus
	var err error
	if now.Gateways, err = survey(ctx, hub, only); err != nil {
		return now, err
	}
	all, err := members(ctx, hub)
	if err != nil {
		return now, err
	}
	for i := range all {
		if row := newMemberRow(&all[i]); !row.well() {
			now.Members = append(now.Members, row)
		}
	}
	return now, nil
}

func (s hubStatus) well() bool {
	return len(s.Members) == 0 && !slices.ContainsFunc(s.Gateways, func(g gatewayStatus) bool { return !g.well() })
}

func show(w io.Writer, now hubStatus, o output) error {
	if err := o.print(w, now, func(w io.Writer) error { return tree(w, now) }); err != nil {
		return err
	}
	if !now.well() {
		return &unwellError{}
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
		all, err := look(ctx, hub, only)
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
