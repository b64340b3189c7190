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

// connection is one kubeconfig's way into a member.
type connection struct {
	server      string
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
	c.reports = newReporter(c.cluster.GetClient(), log)
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
	return v.GitVersion, nil
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
	return string(system.UID)
}

// denied says which kind the member does not let be read any more, if any.
// Only kinds whose watch was denied are tried: an answer to those tells that
// it is over before the watch's own back-off does.
func (c *connection) denied(ctx context.Context) error {
	for _, k := range kinds() {
		if !isDenial(c.errors.of(k)) {
			continue
		}
		if err := c.try(ctx, k); err != nil {
			return errors.New(notRead(k.resource, err))
		}
		c.errors.forget(k)
	}
	return nil
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
