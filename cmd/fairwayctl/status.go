package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const statusHelp = `Show Gateways with their addresses and listeners, their routes with what is wrong with them, and the pools
of their backends by cluster with how many endpoints are ready. Below them, what else is not well: GatewayClasses
of Fairway that are refused, routes that lead to no Gateway, and members that the hub does not reach, or has not read.
What pools show of such a member is what was last known of it.

"NOT served" is nothing of it; "served, BUT" is all but what follows, such as a rule that is refused, or a certificate
that was replaced by one that cannot be used: the last good one is served on. Backends that are refused, or are not
there, have no pool: their route says so.

With a namespace, rights to list Gateways, HTTPRoutes and EndpointSlices in that one are enough, beside those to list
GatewayClasses and MemberClusters. What stands in other namespaces and may not be listed is left out, and a note says
so.

It shows what the hub has written by now. The hub writes at once (where something changes all the time, twice a second),
but for the endpoints of members: those it writes within 3 seconds of a change, while proxies have them already. --watch
follows changes as they are written, for which it needs the rights to list and watch all of that in every namespace.

With -o json or yaml the fields are these. What is wrong stands in problems[], absent where nothing is: message for
people, with the field and the remedy; condition and reason as in the object's status.

  gateways[]               with addresses[], programmed, listeners[] (attachedRoutes, programmed), routes[] (served)
                           and pools[] (ready, clusters[] with ready and total)
  classes[]                that are not well, with accepted
  routesWithoutGateway[]   that lead to no Gateway
  members[]                that are not well, with reachable, synced, message
  notes[]                  what was left out

With --watch, each change is a document of its own; one that has only error says why nothing can be told now.

Without --watch, the exit code is 3 if anything that it shows is not as it should be.`

func newStatus(g *globals) *cobra.Command {
	var o output
	var namespace string
	var watch bool
	c := &cobra.Command{
		Use:     "status [NAMESPACE/NAME]",
		Short:   "Show how Gateways are served, and why not",
		Long:    statusHelp,
		Example: "  fairwayctl status\n  fairwayctl status shop/web --watch\n  fairwayctl status -n shop -o json",
		Args:    cobra.MaximumNArgs(1), ValidArgsFunction: g.completeGateway,
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
			now, err := look(c.Context(), hub, only)
			if err != nil {
				return err
			}
			if !watch {
				return show(g.out, now, o)
			}
			config, err := g.hubConfig()
			if err != nil {
				return err
			}
			f, err := follow(c.Context(), config)
			if err != nil {
				return err
			}
			return watchStatus(c.Context(), g.out, hub, f, only, o)
		},
	}
	o.bind(c)
	c.Flags().StringVarP(&namespace, "namespace", "n", "", "only Gateways of this namespace, and routes that lead to none (default: all)")
	c.Flags().BoolVarP(&watch, "watch", "w", false, "go on, and show it anew whenever it changes")
	return c
}

// hubStatus is all that status shows.
type hubStatus struct {
	Gateways []gatewayStatus `json:"gateways"`
	// Classes, RoutesWithoutGateway and Members are those that are not well.
	Classes              []classStatus `json:"classes,omitempty"`
	RoutesWithoutGateway []routeStatus `json:"routesWithoutGateway,omitempty"`
	Members              []memberRow   `json:"members,omitempty"`
	// Notes say what is left out because whoever looks may not read it.
	Notes []string `json:"notes,omitempty"`
}

func look(ctx context.Context, hub client.Reader, only client.ObjectKey) (hubStatus, error) {
	now, err := survey(ctx, hub, only)
	if err != nil {
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
	return len(s.Classes)+len(s.RoutesWithoutGateway)+len(s.Members) == 0 &&
		!slices.ContainsFunc(s.Gateways, func(g gatewayStatus) bool { return !g.well() })
}

func show(w io.Writer, now hubStatus, o output) error {
	if err := o.print(w, now, func(w io.Writer) error { return tree(w, now) }); err != nil {
		return err
	}
	if !now.well() {
		return &unwellError{exitNotWell}
	}
	return nil
}
