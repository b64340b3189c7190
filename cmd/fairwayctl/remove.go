package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/api/v1alpha1"
)

// remove holds the flags of clusters remove.
type remove struct {
	*globals
	name                            string
	memberContext, memberKubeconfig string
	yes                             bool
	timeout                         time.Duration
}

func newRemove(g *globals) *cobra.Command {
	r := &remove{globals: g}
	c := &cobra.Command{
		Use:     "remove NAME",
		Aliases: []string{"rm"},
		Short:   "Take a member out of the hub",
		Long: `Take a member out of the hub: its pods get no more traffic, and the Secret that join made on the hub
goes. A Secret of another name stays.

Before anything happens it shows which services lose endpoints, and which routes then have none; then it asks. With
--member-context it also takes the hub's account out of the member, unless another member of this hub is the same
cluster; a context that leads to another cluster than the member is refused. Leave that flag out where another hub
comes with the account: it would be refused from then on.

What failed or took too long can be repeated.`,
		Example:           "  fairwayctl clusters remove east --member-context east\n  fairwayctl clusters remove east --yes",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: g.completeMember,
		RunE: func(c *cobra.Command, args []string) error {
			r.name = args[0]
			if r.timeout <= 0 {
				return &usageError{command: c.CommandPath(), err: fmt.Errorf("--timeout: want more than 0")}
			}
			return r.run(c.Context())
		},
	}
	f := c.Flags()
	f.BoolVarP(&r.yes, "yes", "y", false, "do not ask")
	f.StringVar(&r.memberContext, "member-context", "", "the member's context in the kubeconfig, to remove the hub's account there")
	f.StringVar(&r.memberKubeconfig, "member-kubeconfig", "", "the kubeconfig file with the member's context (default: that of --kubeconfig)")
	f.DurationVar(&r.timeout, "timeout", time.Minute, "how long to wait until the hub has let go of the member")
	return c
}

func (r *remove) run(ctx context.Context) error {
	hub, err := r.hub()
	if err != nil {
		return err
	}
	cluster, err := r.cluster()
	if err != nil {
		return err
	}
	return r.part(ctx, hub, cluster)
}

// part takes the member out of the hub and, if cluster is not nil, the hub's
// account out of the member. The Secret goes last: it shows a second run that
// the first one did not come to its end.
func (r *remove) part(ctx context.Context, hub, cluster client.Client) error {
	if _, err := members(ctx, hub); err != nil {
		return err
	}
	member, secret := &v1alpha1.MemberCluster{}, &corev1.Secret{}
	err := hub.Get(ctx, client.ObjectKey{Name: r.name}, member)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("read MemberCluster %s: %w", r.name, err)
	}
	gone := apierrors.IsNotFound(err)
	key := client.ObjectKey{Namespace: r.namespace, Name: secretName(r.name)}
	if err := hub.Get(ctx, key, secret); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("read Secret %s: %w", key, err)
	}
	if gone && secret.Labels[v1alpha1.RenewTokenLabel] != "true" {
		return fmt.Errorf("there is no member %s; see %s clusters list", r.name, r.program)
	}
	if err := r.sameCluster(ctx, cluster, member, secret); err != nil {
		return err
	}
	losses, err := lossesOf(ctx, hub, r.name)
	if err != nil {
		return err
	}
	losses.print(r.name, r.say)
	if !r.yes && !r.confirmed() {
		return fmt.Errorf("nothing was removed; answer yes, or say --yes")
	}
	if !gone {
		if err := r.takeOut(ctx, hub, member); err != nil {
			return err
		}
	}
	if err := r.awaitForgotten(ctx, hub); err != nil {
		return err
	}
	r.say("Member %s is no member of the hub any more.", r.name)
	if err := r.cleanMember(ctx, hub, cluster, meta.IsStatusConditionTrue(member.Status.Conditions, v1alpha1.ConditionReachable)); err != nil {
		return err
	}
	if other := member.Spec.KubeconfigSecretRef.Name; !gone && other != key.Name {
		r.say("Secret %s/%s on the hub stays, since join did not make it; delete it if nothing else needs it.", r.namespace, other)
		return nil
	}
	if secret.Name == "" {
		return nil
	}
	if err := hub.Delete(ctx, secret); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete Secret %s: %w", key, err)
	}
	return nil
}

// confirmed asks.
func (r *remove) confirmed() bool {
	_, _ = fmt.Fprintf(r.err, "Remove member %s? Type yes: ", r.name)
	line, _ := bufio.NewReader(r.in).ReadString('\n')
	return strings.TrimSpace(line) == "yes"
}

// takeOut deletes the MemberCluster, and waits until it is gone.
func (r *remove) takeOut(ctx context.Context, hub client.Client, member *v1alpha1.MemberCluster) error {
	if err := hub.Delete(ctx, member); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("delete MemberCluster %s: %w", r.name, err)
	}
	err := wait.PollUntilContextTimeout(ctx, 250*time.Millisecond, r.timeout, true, func(ctx context.Context) (bool, error) {
		err := hub.Get(ctx, client.ObjectKeyFromObject(member), &v1alpha1.MemberCluster{})
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	})
	if err != nil {
		return fmt.Errorf("wait until the hub has let go of member %s: %w", r.name, err)
	}
	return nil
}

// losses are what goes with a member.
type losses struct {
	// shared are services that other members export, too; last those that
	// only this one does, and routes those that use them.
	shared, last, routes []string
}

func lossesOf(ctx context.Context, hub client.Client, member string) (losses, error) {
	var l losses
	var imports mcsv1beta1.ServiceImportList
	if err := hub.List(ctx, &imports); err != nil {
		return l, fmt.Errorf("list ServiceImports: %w", err)
	}
	gone := map[client.ObjectKey]bool{}
	for i := range imports.Items {
		at := &imports.Items[i]
		if !slices.ContainsFunc(at.Status.Clusters, func(c mcsv1beta1.ClusterStatus) bool { return c.Cluster == member }) {
			continue
		}
		key := client.ObjectKeyFromObject(at)
		if len(at.Status.Clusters) == 1 {
			gone[key] = true
			l.last = append(l.last, key.String())
		} else {
			l.shared = append(l.shared, key.String())
		}
	}
	var routes gatewayv1.HTTPRouteList
	if err := hub.List(ctx, &routes); err != nil {
		return l, fmt.Errorf("list HTTPRoutes: %w", err)
	}
	for i := range routes.Items {
		if slices.ContainsFunc(importsOf(&routes.Items[i]), func(k client.ObjectKey) bool { return gone[k] }) {
			l.routes = append(l.routes, client.ObjectKeyFromObject(&routes.Items[i]).String())
		}
	}
	return l, nil
}

// importsOf are the ServiceImports that a route names.
func importsOf(r *gatewayv1.HTTPRoute) []client.ObjectKey {
	var keys []client.ObjectKey
	for _, rule := range r.Spec.Rules {
		for _, b := range rule.BackendRefs {
			if b.Kind == nil || *b.Kind != "ServiceImport" {
				continue
			}
			key := client.ObjectKey{Namespace: r.Namespace, Name: string(b.Name)}
			if b.Namespace != nil {
				key.Namespace = string(*b.Namespace)
			}
			keys = append(keys, key)
		}
	}
	return keys
}

func (l losses) print(member string, say func(string, ...any)) {
	if len(l.shared)+len(l.last) == 0 {
		say("Member %s exports nothing that the hub knows of.", member)
		return
	}
	for _, s := range l.shared {
		say("Service %s loses the endpoints in %s; other members go on serving it.", s, member)
	}
	for _, s := range l.last {
		say("Service %s is exported by %s alone: it goes.", s, member)
	}
	for _, r := range l.routes {
		say("HTTPRoute %s uses a service that goes: its share of requests will be answered with 500.", r)
	}
}

func (r *remove) say(format string, args ...any) {
	_, _ = fmt.Fprintf(r.err, format+"\n", args...)
}
