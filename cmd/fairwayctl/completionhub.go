package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// completeMember completes the name of a member.
func (g *globals) completeMember(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return g.fromHub(c, func(ctx context.Context, hub client.Reader) ([]string, error) {
		all, err := members(ctx, hub)
		names := make([]string, len(all))
		for i := range all {
			names[i] = all[i].Name
		}
		return names, err
	})
}

// completeGateway completes the Gateway that status is asked for, among those
// that it shows unasked.
func (g *globals) completeGateway(c *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	namespace, _ := c.Flags().GetString("namespace")
	typedNamespace, _, whole := strings.Cut(typed, "/")
	if whole {
		namespace = typedNamespace
	}
	return g.fromHub(c, func(ctx context.Context, hub client.Reader) ([]string, error) {
		all, err := readClasses(ctx, hub)
		if err != nil {
			return nil, err
		}
		var list gatewayv1.GatewayList
		if err := hub.List(ctx, &list, client.InNamespace(namespace)); err != nil {
			return nil, fmt.Errorf("list Gateways: %w", err)
		}
		var names []string
		for i := range list.Items {
			switch gw := &list.Items[i]; {
			case all.foreign(gw.Spec.GatewayClassName):
			case namespace != "" && !whole:
				names = append(names, gw.Name)
			default:
				names = append(names, gw.Namespace+"/"+gw.Name)
			}
		}
		return names, nil
	})
}

// completeNamespace completes a namespace of the hub. Whoever may read what
// status shows may not list namespaces, but knows those that have Gateways.
func (g *globals) completeNamespace(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	if offline, _ := c.Flags().GetBool("offline"); offline {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return g.fromHub(c, func(ctx context.Context, hub client.Reader) ([]string, error) {
		names := map[string]bool{}
		var all corev1.NamespaceList
		err := hub.List(ctx, &all)
		for i := range all.Items {
			names[all.Items[i].Name] = true
		}
		if apierrors.IsForbidden(err) {
			var gateways gatewayv1.GatewayList
			err = hub.List(ctx, &gateways)
			for i := range gateways.Items {
				names[gateways.Items[i].Namespace] = true
			}
		}
		return slices.Sorted(maps.Keys(names)), err
	})
}
