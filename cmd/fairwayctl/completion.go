package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// completionWait is how long a shell waits for the hub: somebody is typing.
const completionWait = 2 * time.Second

// completeFlags has the shell complete the values of flags, by their names,
// which mean the same at every command.
func completeFlags(c *cobra.Command, g *globals) {
	files := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveDefault
	}
	for name, complete := range map[string]cobra.CompletionFunc{
		"filename": files, "kubeconfig": files, "member-kubeconfig": files, "certificate-authority": files,
		"context": g.completeContext, "member-context": g.completeMemberContext,
		"namespace": g.completeNamespace, "fairway-namespace": g.completeNamespace,
	} {
		if c.Flags().Lookup(name) != nil || c.PersistentFlags().Lookup(name) != nil {
			// The flag is there, and completion is no reason to fail.
			_ = c.RegisterFlagCompletionFunc(name, complete)
		}
	}
	for _, sub := range c.Commands() {
		completeFlags(sub, g)
	}
}

// fromHub offers what the hub is asked for. Without an answer there is nothing
// to offer, not even files: what is wrong, the command itself says.
func (g *globals) fromHub(c *cobra.Command, ask func(context.Context, client.Reader) ([]string, error)) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(c.Context(), completionWait)
	defer cancel()
	answer := make(chan []string, 1)
	// Finding out what the hub serves, and programs that make credentials, do
	// not heed ctx.
	go func() {
		var names []string
		hub, err := g.hub()
		if err == nil {
			names, err = ask(ctx, hub)
		}
		if err != nil {
			names = nil
		}
		answer <- names
	}()
	select {
	case names := <-answer:
		return names, cobra.ShellCompDirectiveNoFileComp
	case <-ctx.Done():
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}
