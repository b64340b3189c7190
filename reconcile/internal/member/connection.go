package member

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/cluster"

	"fairway.dev/fairway/reconcile/internal/endpoints"
)

// probeTimeout is how long a member may take to say that it is there.
const probeTimeout = 5 * time.Second

// What status has room for, in characters.
const (
	maxVersion = 63
	maxUID     = 128
)

// connection is one kubeconfig's way into a member.
type connection struct {
	server string
	// unverified says that the server's certificate is not checked, or is empty.
	unverified  string
	log         logr.Logger
	fingerprint [32]byte
	// lease is the token's, zero if it never ends.
	lease    lease
	locality atomic.Pointer[endpoints.Locality]

	ctx     context.Context
	cancel  context.CancelFunc
	http    *http.Client
	version *discovery.DiscoveryClient
	// credentialsEnd is when the kubeconfig's credentials end; zero when they
	// do not say.
	credentialsEnd time.Time
	cluster        cluster.Cluster
	nodes          nodes
	// live reads past the cluster's cache.
	live    client.WithWatch
	errors  watchErrors
	reports *reporter
}

// newConnection makes a connection that lives until it is closed or ctx ends.
// It talks to nobody yet.
func newConnection(ctx context.Context, config *rest.Config, log logr.Logger) (*connection, error) {
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("its certificates or keys cannot be used: %w", err)
	}
	version, err := discovery.NewDiscoveryClientForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("it cannot be used: %w", err)
	}
	live, err := client.NewWithWatch(config, client.Options{HTTPClient: httpClient, Scheme: scheme, Mapper: mapper})
	if err != nil {
		return nil, fmt.Errorf("it cannot be used: %w", err)
	}
	c := &connection{
		server: config.Host, log: log, live: live, http: httpClient, version: version,
		credentialsEnd: endOfCredentials(config), errors: watchErrors{last: map[string]error{}},
	}
	c.ctx, c.cancel = context.WithCancel(ctx)
	c.cluster, err = newCluster(c.ctx, config, httpClient, c.errors.handle)
	if err != nil {
		c.cancel()
		return nil, err
	}
	if c.nodes, err = newNodes(live, c.errors.handle); err != nil {
		c.cancel()
		return nil, err
	}
	if config.Insecure {
		c.unverified = "; its certificate is not checked: in the kubeconfig, put clusters[].cluster.certificate-authority-data in the place of insecure-skip-tls-verify"
	}
	c.reports = newReporter(c.cluster.GetClient(), live, log)
	return c, nil
}

// start runs the connection's cache and writer in the background.
func (c *connection) start() {
	go func() {
		if err := c.cluster.Start(c.ctx); err != nil {
			c.log.Error(err, "Member's cache stopped")
		}
		c.http.CloseIdleConnections()
	}()
	go c.reports.run(c.ctx)
}

// probe asks the member for its version, which says that it is there.
func (c *connection) probe(ctx context.Context) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	v, err := c.version.ServerVersionWithContext(ctx)
	if err != nil {
		return "", err
	}
	return cut(v.GitVersion, maxVersion), nil
}

// uid is that of the member's namespace kube-system, which tells clusters
// apart; empty when it cannot be read.
func (c *connection) uid(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	var system corev1.Namespace
	if err := c.live.Get(ctx, client.ObjectKey{Name: metav1.NamespaceSystem}, &system); err != nil {
		// Not all users may, and nothing depends on it but a warning.
		c.log.V(1).Info("Member's identity not read", "error", err.Error())
		return ""
	}
	return cut(string(system.UID), maxUID)
}

// denied says which kind the member does not let be read any more, if any;
// Nodes do not count. Only kinds whose watch was denied are tried: an answer
// to those tells that it is over before the watch's own back-off does.
func (c *connection) denied(ctx context.Context) error {
	for _, k := range append(kinds(), nodeKind) {
		if !isDenial(c.errors.of(k)) {
			continue
		}
		err := c.try(ctx, k)
		if err == nil {
			c.errors.forget(k)
		} else if k != nodeKind {
			return errors.New(notRead(k.resource, err))
		}
	}
	return nil
}

// whatIsRead is the message of a member that is synced.
func (c *connection) whatIsRead() string {
	err := c.errors.of(nodeKind)
	if c.nodes.HasSynced() && !isDenial(err) {
		return "everything that Fairway watches in the member has been read"
	}
	return "all but the member's nodes has been read, so that its endpoints have a zone only where their EndpointSlices say it, and no region but spec.region: " +
		notRead(nodeKind.resource, err)
}

// answering is the message of a member that is reachable.
func (c *connection) answering() string {
	return "the member's API server answers" + c.unverified
}

// try lists and watches a kind as its reflector does, but reads next to
// nothing of it.
func (c *connection) try(ctx context.Context, k kind) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	if err := c.live.List(ctx, k.list, client.Limit(1)); err != nil {
		return err
	}
	watch, err := c.live.Watch(ctx, k.list, &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: k.list.GetResourceVersion()}})
	if err != nil {
		return err
	}
	watch.Stop()
	return nil
}

func (c *connection) close() { c.cancel() }
