package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/api/v1alpha1"
)

func newClusters(g *globals) *cobra.Command {
	c := &cobra.Command{
		Use:     "clusters",
		Aliases: []string{"cluster", "members"},
		Short:   "Join member clusters to the hub, list them, remove them",
		Long: `Join member clusters to the hub, list them, remove them.

A member is a cluster whose exported services the hub's Gateways send requests to. The hub knows it by the name that it
joined under.`,
		Example: `  # The context "east" of your kubeconfig; pods of the hub reach its API server at this address.
  fairwayctl clusters join east --server https://10.1.0.1:6443

  fairwayctl clusters list
  fairwayctl clusters remove east --member-context east`,
	}
	c.AddCommand(newJoin(g), newList(g), newRemove(g))
	return c
}

// members reads all MemberClusters, and says what to do where the hub is none.
func members(ctx context.Context, hub client.Reader) ([]v1alpha1.MemberCluster, error) {
	var all v1alpha1.MemberClusterList
	if err := hub.List(ctx, &all); err != nil {
		if meta.IsNoMatchError(err) {
			return nil, fmt.Errorf("this cluster is no hub: it has no MemberClusters; install Fairway's chart, or name the hub's context with --context")
		}
		return nil, fmt.Errorf("list MemberClusters: %w", err)
	}
	slices.SortFunc(all.Items, func(a, b v1alpha1.MemberCluster) int { return byName(&a, &b) })
	return all.Items, nil
}
