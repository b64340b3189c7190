package main

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/api/v1alpha1"
)

// join holds the flags of clusters join.
type join struct {
	*globals
	name                            string
	memberContext, memberKubeconfig string
	server, tlsServerName           string
	authority                       string
	region, network                 string
	timeout                         time.Duration
}

func newJoin(g *globals) *cobra.Command {
	j := &join{globals: g}
	c := &cobra.Command{
		Use:   "join NAME",
		Short: "Make a cluster a member of the hub",
		Long: `Make a cluster a member of the hub, under NAME, its id in the ClusterSet.

In the member it makes an account with the least rights that the hub needs; on the hub, a Secret with a kubeconfig for
that account and a MemberCluster that names it. Then it waits until the hub reaches the member and has read it. The
token in the kubeconfig is short-lived: the hub renews it. Joining again renews all of that, and waits until the hub has
tried the new kubeconfig. A name is that of one cluster: for another one, remove the member first.`,
		Example: `  # The context "east" of your kubeconfig; pods of the hub reach its API server at this address.
  fairwayctl clusters join east --server https://10.1.0.1:6443

  # A context with another name, from another file.
  fairwayctl clusters join east --member-kubeconfig east.kubeconfig --member-context admin@east`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: j.completeNewMember,
		RunE: func(c *cobra.Command, args []string) error {
			j.name = args[0]
			if err := j.check(); err != nil {
				return &usageError{command: c.CommandPath(), err: err}
			}
			return j.run(c.Context())
		},
	}
	f := c.Flags()
	f.StringVar(&j.memberContext, "member-context", "", "the member's context in the kubeconfig (default: NAME)")
	f.StringVar(&j.memberKubeconfig, "member-kubeconfig", "", "the kubeconfig file with the member's context (default: that of --kubeconfig)")
	f.StringVar(&j.server, "server", "", "the URL of the member's API server as pods of the hub reach it (default: the one in the kubeconfig)")
	f.StringVar(&j.tlsServerName, "tls-server-name", "", "the name that the member's API server proves by its certificate, if --server has another")
	f.StringVar(&j.authority, "certificate-authority", "", "the file with the authority of the certificate at --server (default: the kubeconfig's, or the cluster's own for another --server)")
	f.StringVar(&j.region, "region", "", "where the member runs, for nodes that do not say so themselves")
	f.StringVar(&j.network, "network", "", "the name of the network that the member's pods are in")
	f.DurationVar(&j.timeout, "timeout", time.Minute, "how long to wait until the hub has read the member; 0 does not wait")
	return c
}

func (j *join) check() error {
	if wrong := validation.IsDNS1123Label(j.name); len(wrong) > 0 {
		return fmt.Errorf("NAME: %q cannot be a cluster's id: %s", j.name, wrong[0])
	}
	if j.memberContext == "" {
		j.memberContext = j.name
	}
	if j.memberKubeconfig == "" {
		j.memberKubeconfig = j.kubeconfig
	}
	if j.server == "" {
		return nil
	}
	if u, err := url.Parse(j.server); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return fmt.Errorf("--server: want https://host:port, without a user")
	}
	return nil
}

func (j *join) run(ctx context.Context) error {
	hub, err := j.hub()
	if err != nil {
		return err
	}
	config, err := restConfig(j.memberKubeconfig, j.memberContext)
	if err != nil {
		return fmt.Errorf("find the member, context %q (--member-context and --member-kubeconfig name others): %w", j.memberContext, err)
	}
	member, err := client.New(config, client.Options{Scheme: scheme()})
	if err != nil {
		return fmt.Errorf("reach the member at %s: %w", config.Host, err)
	}
	return j.meet(ctx, hub, member, config)
}

// meet makes the hub and the member, which config leads to, known to each
// other.
func (j *join) meet(ctx context.Context, hub, member client.Client, config *rest.Config) error {
	given, err := j.givenAuthority()
	if err != nil {
		return err
	}
	all, err := members(ctx, hub)
	if err != nil {
		return err
	}
	before, known := "", ""
	if i := slices.IndexFunc(all, func(m v1alpha1.MemberCluster) bool { return m.Name == j.name }); i >= 0 {
		before, _ = progress(&all[i])
		known = all[i].Status.ClusterUID
	}
	uid, err := clusterUID(ctx, member)
	if err != nil {
		return err
	}
	if err := j.sameCluster(uid, known); err != nil {
		return err
	}
	if err := j.warn(ctx, hub, member, config); err != nil {
		return err
	}
	if err := makeAccount(ctx, member); err != nil {
		return err
	}
	j.say("Account %s/%s is in the member, with the least rights that the hub needs.", accountNamespace, accountName)
	kubeconfig, err := j.kubeconfigFor(ctx, config, member, given)
	if err != nil {
		return err
	}
	version, err := j.register(ctx, hub, kubeconfig, uid)
	if err != nil {
		return err
	}
	j.say("MemberCluster %s and Secret %s/%s are on the hub.", j.name, j.namespace, secretName(j.name))
	if j.timeout == 0 {
		return nil
	}
	return j.wait(ctx, hub, attempt{before: before, version: version})
}

// warn tells of what is going to stand in the way, as far as it shows from
// here. All of it may be put right afterwards, so none stops the join.
func (j *join) warn(ctx context.Context, hub, member client.Client, config *rest.Config) error {
	missing, err := missingAPIs(hub)
	if err != nil {
		return err
	}
	for _, m := range missing {
		j.say("Note: the hub reads no member yet: %s", m)
	}
	if j.server == "" && loopback(config.Host) {
		j.say("Note: %s leads pods of the hub to themselves; name the address that they reach with --server.", config.Host)
	}
	if err := member.List(ctx, &mcsv1beta1.ServiceExportList{}, client.Limit(1)); meta.IsNoMatchError(err) {
		j.say("Note: the member has no ServiceExports; install the Multi-Cluster Services API's CRDs there to export services.")
	}
	return nil
}

// loopback reports whether a server's URL is good on this machine only.
func loopback(server string) bool {
	u, err := url.Parse(server)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

func (j *join) say(format string, args ...any) {
	_, _ = fmt.Fprintf(j.err, format+"\n", args...)
}
