package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/stream"
	"fairway.dev/fairway/providers/local/wire"
	"fairway.dev/fairway/providers/plan"
)

// Name is the provider's name: controller fairway.dev/local.
const Name = "local"

// Options are what the provider needs. All are required but Settings.
type Options struct {
	// Client writes to the hub and reads from the manager's cache. Secrets
	// are read as metadata only.
	Client client.Client
	// Reader reads the hub's API itself.
	Reader client.Reader
	// Hub is the hub's id.
	Hub string
	// Namespace is Fairway's own: where the certificate authority is kept.
	Namespace string
	// ProxyImage is the image of fairway-proxy.
	ProxyImage string
	// StreamAddress is where proxies dial the hub:
	// "fairway-stream.<namespace>.svc:18000".
	StreamAddress string
	// ListenAddress is where the hub answers them: ":18000".
	ListenAddress string
	// Settings are how proxies run; zero fields take their defaults.
	Settings Settings
	// Registerer takes the stream's metrics.
	Registerer prometheus.Registerer
	Log        logr.Logger
	Clock      clock.WithTicker
}

// Provider is the local provider.
type Provider struct {
	options  Options
	settings Settings
	index    *stream.Index
	server   *stream.Server
	ca       *keptAuthority
	written  *written
	// due are the load balancers to look at, now or later.
	due  workqueue.TypedDelayingInterface[providers.Ref]
	wake chan providers.Ref
}

var (
	_ providers.Provider = (*Provider)(nil)
	_ providers.Waker    = (*Provider)(nil)
)

// New makes the provider. It does nothing by itself: see Watch and Run.
func New(o Options) (*Provider, error) {
	p := &Provider{
		options:  o,
		settings: o.Settings.withDefaults(),
		written:  &written{versions: map[string]string{}},
		ca:       &keptAuthority{reader: o.Reader, client: o.Client, namespace: o.Namespace, clock: o.Clock},
		due: workqueue.NewTypedDelayingQueueWithConfig(workqueue.TypedDelayingQueueConfig[providers.Ref]{
			Clock: o.Clock,
		}),
		wake: make(chan providers.Ref),
	}
	p.index = stream.NewIndex(p.due.Add)
	server, err := stream.NewServer(stream.Options{
		Index: p.index, Hub: o.Hub, Registerer: o.Registerer, Log: o.Log.WithName("stream"), Clock: o.Clock,
	})
	if err != nil {
		return nil, fmt.Errorf("make the local provider: %w", err)
	}
	p.server = server
	return p, nil
}

// Run serves the proxies and delivers Wake until ctx is done. Only the leader
// runs it. It is called once.
func (p *Provider) Run(ctx context.Context) error {
	ca, err := p.ca.get(ctx)
	if err != nil {
		return err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", p.options.ListenAddress)
	if err != nil {
		return fmt.Errorf("listen for proxies on %q: %w", p.options.ListenAddress, err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var delivery sync.WaitGroup
	delivery.Go(func() { p.deliver(ctx) })
	// deliver waits for the queue, not for ctx.
	context.AfterFunc(ctx, p.due.ShutDown)
	err = p.server.Serve(ctx, listener, ca)
	cancel()
	delivery.Wait()
	return err
}

// deliver hands on what is due, each load balancer once however often it was
// woken meanwhile.
func (p *Provider) deliver(ctx context.Context) {
	for {
		ref, over := p.due.Get()
		if over {
			return
		}
		select {
		case p.wake <- ref:
		case <-ctx.Done():
		}
		p.due.Done(ref)
	}
}

// Name implements [providers.Provider].
func (p *Provider) Name() string { return Name }

// Wake implements [providers.Waker].
func (p *Provider) Wake() <-chan providers.Ref { return p.wake }

// SettingsKind implements [providers.Provider].
func (p *Provider) SettingsKind() providers.SettingsKind { return providers.SettingsKind{} }

// Locate implements [providers.Provider]. There is one place: the hub.
func (p *Provider) Locate(providers.Settings) (providers.Location, error) { return "", nil }

// Capabilities implements [providers.Provider].
func (p *Provider) Capabilities(providers.Settings) providers.Capabilities {
	filters := []string{"RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite"}
	return providers.Capabilities{
		Protocols:      []ir.Protocol{ir.HTTP},
		PathMatches:    []ir.MatchKind{ir.Exact, ir.Prefix, ir.Regex},
		HeaderMatches:  []ir.MatchKind{ir.Exact, ir.Regex},
		QueryMatches:   []ir.MatchKind{ir.Exact, ir.Regex},
		MethodMatches:  true,
		Filters:        filters,
		BackendFilters: filters,
		RedirectStatus: []int{301, 302, 303, 307, 308},
		ReservedPorts:  []providers.PortRange{{From: wire.AdminPort, To: 65535}},
	}
}

// SyncEndpoints implements [providers.Provider].
func (p *Provider) SyncEndpoints(_ context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (providers.PoolObservation, error) {
	err := p.index.SetEndpoints(ref, pool.Name, changed)
	if errors.Is(err, stream.ErrNotPublished) {
		return pool, &providers.Error{
			Kind: providers.Stale, Reason: "NotPublished", Subject: plan.Pool(pool.Name),
			Message: "pool " + pool.Name + " is not published yet", Err: err,
		}
	}
	return pool, err
}
