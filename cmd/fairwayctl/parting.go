package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/providers/owner"
)

// cluster makes a client for the member, or none where no context is named.
func (r *remove) cluster() (client.Client, error) {
	if r.memberContext == "" {
		return nil, nil
	}
	file := r.memberKubeconfig
	if file == "" {
		file = r.kubeconfig
	}
	config, err := restConfig(file, r.memberContext)
	if err != nil {
		return nil, fmt.Errorf("find the member, context %q: %w", r.memberContext, err)
	}
	c, err := client.New(config, client.Options{Scheme: scheme()})
	if err != nil {
		return nil, fmt.Errorf("reach the member at %s: %w", config.Host, err)
	}
	return c, nil
}

// cleanMember takes the hub's account out of the member, once the hub has said
// goodbye to one that it could reach. The account of a cluster that is another
// member, too, stays.
func (r *remove) cleanMember(ctx context.Context, hub, cluster client.Client, reachable bool) error {
	if cluster == nil {
		r.say("The hub's account %s/%s is still in the cluster; with --member-context it would have gone, too.", accountNamespace, accountName)
		return nil
	}
	uid, err := clusterUID(ctx, cluster)
	if err != nil {
		return err
	}
	all, err := members(ctx, hub)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.Status.ClusterUID == uid {
			r.say("The hub's account %s/%s stays in the cluster: member %s is the same cluster, and needs it.", accountNamespace, accountName, m.Name)
			return nil
		}
	}
	if reachable {
		awaitParting(ctx, cluster)
	}
	return removeAccount(ctx, cluster)
}

// partingTime is how long the hub is given to say goodbye: as long as it gives
// the member.
const partingTime = 5 * time.Second

// awaitParting waits until the hub has taken back what it said on the member's
// ServiceExports, for which it needs its account there. That others may say
// something, too, or that the hub is away, costs no more than that time.
func awaitParting(ctx context.Context, member client.Reader) {
	// That it did not come to pass ends nothing: a stale condition is left.
	_ = wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, partingTime, true, func(ctx context.Context) (bool, error) {
		var exports mcsv1beta1.ServiceExportList
		if err := member.List(ctx, &exports); err != nil {
			return false, err
		}
		return !slices.ContainsFunc(exports.Items, func(e mcsv1beta1.ServiceExport) bool {
			return meta.FindStatusCondition(e.Status.Conditions, string(mcsv1beta1.ServiceExportConditionReady)) != nil
		}), nil
	})
}

// awaitForgotten waits until the hub has taken away what it kept of the
// member's endpoints, which it does last.
func (r *remove) awaitForgotten(ctx context.Context, hub client.Reader) error {
	var kept discoveryv1.EndpointSliceList
	err := wait.PollUntilContextTimeout(ctx, 250*time.Millisecond, r.timeout, true, func(ctx context.Context) (bool, error) {
		err := hub.List(ctx, &kept, client.MatchingLabels{mcsv1beta1.LabelSourceCluster: r.name}, client.HasLabels{owner.HubKey})
		return err == nil && len(kept.Items) == 0, err
	})
	switch {
	case wait.Interrupted(err) && ctx.Err() == nil:
		return fmt.Errorf("the hub still keeps %d EndpointSlices of %s; does Fairway run? It takes them away when it does", len(kept.Items), r.name)
	case err != nil:
		return fmt.Errorf("wait until the hub has forgotten %s: %w", r.name, err)
	}
	return nil
}
