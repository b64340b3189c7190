package main

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
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
token in the kubeconfig is short-lived: the hub renews it. Joining again renews all of that, and does not wait where
the hub has read the member before. A name is that of one cluster: for another one, remove the member first.`,
		Example: `  # The context "east" of your kubeconfig; pods of the hub reach its API server at this address.
  fairwayctl clusters join east --server https://10.1.0.1:6443

  # A context with another name, from another file.
  fairwayctl clusters join east --member-kubeconfig east.kubeconfig --member-context admin@east`,
		Args: cobra.ExactArgs(1),
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
	all, err := members(ctx, hub)
	if err != nil {
		return err
	}
	before, read, known := "", false, ""
	if i := slices.IndexFunc(all, func(m v1alpha1.MemberCluster) bool { return m.Name == j.name }); i >= 0 {
		before, read = progress(&all[i])
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
	kubeconfig, err := j.kubeconfigFor(ctx, config, member)
	if err != nil {
		return err
	}
	if err := j.register(ctx, hub, kubeconfig, uid); err != nil {
		return err
	}
	j.say("MemberCluster %s and Secret %s/%s are on the hub.", j.name, j.namespace, secretName(j.name))
	if read {
		// That it is read says nothing of the new kubeconfig.
		j.say("The hub has read %s before, and tries the new kubeconfig now: %s clusters list says how that goes.", j.name, j.program)
		return nil
	}
	if j.timeout == 0 {
		return nil
	}
	return j.wait(ctx, hub, before)
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

// kubeconfigFor makes the kubeconfig that the hub comes with.
func (j *join) kubeconfigFor(ctx context.Context, config *rest.Config, member client.Client) ([]byte, error) {
	token, err := newToken(ctx, member)
	if err != nil {
		return nil, err
	}
	// What pods of the member itself trust, whatever address the user came by.
	// A namespace that was made just now may not have it yet.
	ca := &corev1.ConfigMap{}
	if err := member.Get(ctx, client.ObjectKey{Namespace: metav1.NamespaceSystem, Name: "kube-root-ca.crt"}, ca); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("read the member's certificate authority: %w", err)
	}
	cluster := &clientcmdapi.Cluster{Server: j.server, TLSServerName: j.tlsServerName, CertificateAuthorityData: []byte(ca.Data["ca.crt"])}
	if cluster.Server == "" {
		cluster.Server = config.Host
	}
	if len(cluster.CertificateAuthorityData) == 0 {
		if err := rest.LoadTLSFiles(config); err != nil {
			return nil, fmt.Errorf("read the member's certificate authority: %w", err)
		}
		cluster.CertificateAuthorityData = config.CAData
	}
	k := clientcmdapi.NewConfig()
	k.Clusters[j.name] = cluster
	k.AuthInfos[accountName] = &clientcmdapi.AuthInfo{Token: token}
	k.Contexts[j.name] = &clientcmdapi.Context{Cluster: j.name, AuthInfo: accountName}
	k.CurrentContext = j.name
	return clientcmd.Write(*k)
}

// secretName is the name of the Secret with a member's kubeconfig.
func secretName(member string) string { return "member-" + member }

// register hands the hub the kubeconfig of the cluster with a UID.
func (j *join) register(ctx context.Context, hub client.Client, kubeconfig []byte, uid string) error {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: j.namespace, Name: secretName(j.name)}}
	if err := createOrChange(ctx, hub, secret, func() {
		metav1.SetMetaDataLabel(&secret.ObjectMeta, v1alpha1.RenewTokenLabel, "true")
		metav1.SetMetaDataAnnotation(&secret.ObjectMeta, clusterUIDAnnotation, uid)
		secret.Data = map[string][]byte{"kubeconfig": kubeconfig}
	}); apierrors.IsNotFound(err) {
		return fmt.Errorf("the hub has no namespace %s; name the one that Fairway is in with --fairway-namespace", j.namespace)
	} else if err != nil {
		return fmt.Errorf("write Secret %s/%s on the hub: %w", secret.Namespace, secret.Name, err)
	}
	member := &v1alpha1.MemberCluster{ObjectMeta: metav1.ObjectMeta{Name: j.name}}
	err := createOrChange(ctx, hub, member, func() {
		if before := member.Spec.KubeconfigSecretRef.Name; before != "" && before != secret.Name {
			j.say("Note: MemberCluster %s took its kubeconfig from Secret %s/%s until now; delete it if nothing else needs it.", j.name, j.namespace, before)
		}
		member.Spec.KubeconfigSecretRef = v1alpha1.SecretKeyReference{Name: secret.Name, Key: "kubeconfig"}
		if j.region != "" {
			member.Spec.Region = j.region
		}
		if j.network != "" {
			member.Spec.Network = j.network
		}
	})
	if err != nil {
		return fmt.Errorf("write MemberCluster %s on the hub: %w", j.name, err)
	}
	return nil
}

func (j *join) say(format string, args ...any) {
	_, _ = fmt.Fprintf(j.err, format+"\n", args...)
}
