package member

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cluster"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"fairway.dev/fairway/reconcile/internal/endpoints"
)

// probeTimeout is how long a member may take to say that it is there.
const probeTimeout = 5 * time.Second

// connection is one kubeconfig's way into a member.
type connection struct {
	server      string
	fingerprint [32]byte
	locality    atomic.Pointer[endpoints.Locality]

	ctx     context.Context
	cancel  context.CancelFunc
	http    *http.Client
	version *discovery.DiscoveryClient
	cluster cluster.Cluster
	errors  watchErrors
	reports *reporter
}

// newConnection makes a connection that lives until it is closed or ctx ends.
// It talks to nobody yet.
func newConnection(ctx context.Context, config *rest.Config) (*connection, error) {
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("its certificates or keys cannot be used: %w", err)
	}
	version, err := discovery.NewDiscoveryClientForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("it cannot be used: %w", err)
	}
	c := &connection{server: config.Host, http: httpClient, version: version, errors: watchErrors{last: map[string]error{}}}
	c.ctx, c.cancel = context.WithCancel(ctx)
	c.cluster, err = newCluster(c.ctx, config, httpClient, c.errors.handle)
	if err != nil {
		c.cancel()
		return nil, err
	}
	c.reports = newReporter(c.cluster.GetClient())
	return c, nil
}

// start runs the connection's cache and writer in the background.
func (c *connection) start() {
	logger := log.FromContext(c.ctx)
	go func() {
		if err := c.cluster.Start(c.ctx); err != nil {
			logger.Error(err, "Member's cache stopped")
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

func (c *connection) close() { c.cancel() }
