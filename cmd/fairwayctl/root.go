package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// globals are the flags that every command has.
type globals struct {
	streams
	// program is what users type to come here.
	program             string
	kubeconfig, context string
	// namespace is Fairway's own, on the hub.
	namespace string
}

func newRoot(name string, s streams) *cobra.Command {
	g := &globals{streams: s, program: name}
	root := &cobra.Command{
		Use:   "fairwayctl",
		Short: "Join clusters to a Fairway hub, see how its Gateways are served, and what changes would do",
		Long: `fairwayctl works on a Fairway hub: the cluster on which Gateways and routes are written.

It finds the hub as kubectl does: by $KUBECONFIG or ~/.kube/config and its current context, unless --kubeconfig
or --context says otherwise.

Exit codes:
  0   all is well; of plan: nothing would change
  1   it could not be done, or not be told
  2   the command line is wrong
  3   something is not as it should be; of plan: something would change
  4   of plan: something would be refused that is not already`,
		Version:       version,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: name},
		SilenceErrors: true, SilenceUsage: true,
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &usageError{command: c.CommandPath(), err: err}
	})
	flags := root.PersistentFlags()
	flags.StringVar(&g.kubeconfig, "kubeconfig", "", "the kubeconfig file with the hub's context (default: $KUBECONFIG, then ~/.kube/config)")
	flags.StringVar(&g.context, "context", "", "the hub's context in the kubeconfig (default: its current one)")
	flags.StringVar(&g.namespace, "fairway-namespace", "fairway-system", "the namespace on the hub that Fairway is installed in")
	root.AddCommand(newClusters(g), newStatus(g), newPlan(g))
	strict(root)
	strictHelp(root)
	rename(root, name)
	// Shells offer files unless told otherwise; only flags that name files do.
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	completeFlags(root, g)
	if name == plugin {
		// kubectl completes its plugins itself: see main.
		root.CompletionOptions.DisableDefaultCmd = true
	}
	return root
}

// rename has all help say what users type.
func rename(c *cobra.Command, name string) {
	c.Long = strings.ReplaceAll(c.Long, "fairwayctl", name)
	c.Example = strings.ReplaceAll(c.Example, "fairwayctl", name)
	for _, sub := range c.Commands() {
		rename(sub, name)
	}
}

// strict makes wrong arguments mistakes of the command line, at every command.
func strict(c *cobra.Command) {
	check := c.Args
	switch {
	case check == nil && c.HasSubCommands():
		check = cobra.NoArgs
		// Alone it only shows its help: no flag means anything to it.
		c.DisableFlagsInUseLine = true
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	case check == nil:
		check = cobra.NoArgs
	}
	c.Args = func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return &usageError{command: c.CommandPath(), err: err}
		}
		return nil
	}
	for _, sub := range c.Commands() {
		strict(sub)
	}
}
