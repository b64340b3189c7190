package main

import (
	"maps"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"
)

// contexts are those of a kubeconfig, which is read and nobody asked.
func contexts(kubeconfig string) []string {
	config, err := clientConfig(kubeconfig, "").RawConfig()
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(config.Contexts))
}

// completeContext completes a context of the hub's kubeconfig.
func (g *globals) completeContext(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return contexts(g.kubeconfig), cobra.ShellCompDirectiveNoFileComp
}

// completeMemberContext completes a context of the member's kubeconfig.
func (g *globals) completeMemberContext(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	kubeconfig, _ := c.Flags().GetString("member-kubeconfig")
	if kubeconfig == "" {
		kubeconfig = g.kubeconfig
	}
	return contexts(kubeconfig), cobra.ShellCompDirectiveNoFileComp
}

// completeNewMember completes the name of a cluster that joins, which is that
// of its context unless a flag names another, as far as it can be one.
func (g *globals) completeNewMember(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, directive := g.completeMemberContext(c, args, typed)
	return slices.DeleteFunc(names, func(name string) bool { return len(validation.IsDNS1123Label(name)) > 0 }), directive
}
