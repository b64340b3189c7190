package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"fairway.dev/fairway/providers/local"
	"fairway.dev/fairway/reconcile"
)

// planning holds the flags of plan.
type planning struct {
	*globals
	output
	files []string
	// into is the namespace of objects that name none; empty for the context's.
	into    string
	release string
	offline bool
}

func newPlan(g *globals) *cobra.Command {
	p := &planning{globals: g}
	c := &cobra.Command{
		Use:   "plan -f FILE",
		Short: "Show what would change if files were applied",
		Long: `Show what would change if files were applied to the hub: the steps that each Gateway's provider would take, with
their reasons, its verdicts on what it does not serve natively, and what would not be served as it is written. Nothing
is changed, and nothing is written.

The files are laid over the live state, each object in place of the one of its name. The hub makes the plan, by the
decisions of its own rounds. With --offline no cluster is asked: the plan is for an empty world in which nothing but the
files exists.

Gateways that the files mean nothing to are left out, whatever is still under way for them.

A Gateway that would not be accepted as it is written is shown with what is served in its place: what was last accepted,
or nothing. "As before" marks what is wrong already.

Of a Secret in the files, its values stay on this machine: the hub is sent the certificate, which every client is shown,
and a fingerprint of the key. Of objects that no plan depends on, it is sent the names; kinds whose names end in
Parameters may be a provider's, and are sent whole.

Files cannot say that something is to be deleted: to see what an edit comes to, plan the object as it is to be. What the
API server would refuse by its schemas is not looked for either; kubectl apply --dry-run=server does that.

Notes say what comes to nothing and why: objects that no Gateway's meaning depends on, kinds that Fairway does not know,
routes whose Gateway is not there. They do not count: a misspelt kind may stand behind one, so read them.

The exit code is 0 if nothing would change, whatever the notes say, 3 if something would, and 4 if something would be
refused that is not already, whatever else would change.`,
		Example: `  # What would this directory change on the hub?
  fairwayctl plan -f shop/

  # Without any cluster, from a pipe.
  kustomize build . | fairwayctl plan --offline -f -`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := p.check(c); err != nil {
				return err
			}
			if len(p.files) == 0 {
				return &usageError{command: c.CommandPath(), err: errors.New("--filename: name a file, a directory, or - for standard input")}
			}
			return p.run(c.Context())
		},
	}
	p.bind(c)
	f := c.Flags()
	f.StringSliceVarP(&p.files, "filename", "f", nil, "a file or directory of YAML or JSON, or - for standard input; may be given several times")
	f.StringVarP(&p.into, "namespace", "n", "", "the namespace of objects that name none (default: the context's, as for kubectl apply; with --offline, default)")
	f.BoolVar(&p.offline, "offline", false, "ask no cluster: plan into an empty world")
	f.StringVar(&p.release, "release", "fairway", "the name of Fairway's Helm release on the hub")
	return c
}

func (p *planning) run(ctx context.Context) error {
	all, err := p.load()
	if err != nil {
		return err
	}
	files, err := p.read(all)
	if err != nil {
		return err
	}
	var found *reconcile.Preview
	if p.offline {
		found, err = offline(ctx, files)
	} else {
		found, err = p.live(ctx, files)
	}
	if err != nil {
		// Secrets were taken out of those that the error's places are among.
		return located(err, slices.DeleteFunc(all, func(o filed) bool { return reconcile.PreviewSecret(o.Unstructured) }))
	}
	if err := p.print(p.out, found, func(w io.Writer) error { return planTable(w, found) }); err != nil {
		return err
	}
	switch {
	case found.Refuses():
		return &unwellError{exitRefused}
	case found.Changes():
		return &unwellError{exitNotWell}
	}
	return nil
}

// offline plans into an empty world, with this build's providers.
func offline(ctx context.Context, files reconcile.PreviewFiles) (*reconcile.Preview, error) {
	// What the providers' libraries would log comes as an error as well.
	log.SetLogger(logr.Discard())
	provider, err := local.New(local.Options{
		Hub: "none", Namespace: "fairway-system", ProxyImage: "fairway-proxy", StreamAddress: "fairway-stream.fairway-system.svc:18000",
		Registerer: prometheus.NewRegistry(), Log: logr.Discard(), Clock: clock.RealClock{},
	})
	if err != nil {
		return nil, fmt.Errorf("local provider: %w", err)
	}
	return reconcile.PreviewOffline(ctx, files, provider)
}
