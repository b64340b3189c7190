package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
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

// Options are what the provider needs. All are required.
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
	// Registerer takes the stream's metrics.
	Registerer prometheus.Registerer
	Log        logr.Logger
	Clock      clock.WithTicker
}

// Provider is the local provider.
type Provider struct {
	options Options
	index   *stream.Index
	server  *stream.Server
	ca      *keptAuthority
	written *written
	// drawings are what Plan has worked out before.
	drawings *drawings
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
		options: o,
		written: newWritten(o.Clock), drawings: newDrawings(),
		ca: newKeptAuthority(o),
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
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", p.options.ListenAddress)
	if err != nil {
		return fmt.Errorf("listen for proxies on %q: %w", p.options.ListenAddress, err)
	}
	return p.serve(ctx, listener)
}

// serve is Run on a listener, which it closes.
func (p *Provider) serve(ctx context.Context, listener net.Listener) error {
	// What was known while another replica led may be old.
	if _, err := p.ca.turn(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	var company sync.WaitGroup
	company.Go(func() { p.deliver(ctx) })
	company.Go(func() { p.ca.keep(ctx, p.reissue) })
	// deliver waits for the queue, not for ctx.
	context.AfterFunc(ctx, p.due.ShutDown)
	err := p.server.Serve(ctx, listener, p.ca)
	cancel()
	company.Wait()
	return err
}

// reissue has every proxy's certificate judged by the authority of the
// moment.
func (p *Provider) reissue() {
	p.server.Doubt()
	for _, ref := range p.index.Refs() {
		p.due.Add(ref)
	}
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
func (p *Provider) SettingsKind() providers.SettingsKind { return settingsKind }

// Locate implements [providers.Provider]. There is one place: the hub.
func (p *Provider) Locate(raw providers.Settings) (providers.Location, error) {
	_, err := decode(raw)
	return "", err
}

// Capabilities implements [providers.Provider]. An address can be asked for
// only of a load-balancer implementation.
func (p *Provider) Capabilities(raw providers.Settings) providers.Capabilities {
	filters := []string{"RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite"}
	var addresses []ir.AddressType
	if s, err := decode(raw); err == nil && s.serviceType == corev1.ServiceTypeLoadBalancer {
		addresses = []ir.AddressType{ir.IPAddress}
	}
	return providers.Capabilities{
		Protocols:      []ir.Protocol{ir.HTTP, ir.HTTPS},
		PathMatches:    []ir.MatchKind{ir.Exact, ir.Prefix, ir.Regex},
		HeaderMatches:  []ir.MatchKind{ir.Exact, ir.Regex},
		QueryMatches:   []ir.MatchKind{ir.Exact, ir.Regex},
		MethodMatches:  true,
		Filters:        filters,
		BackendFilters: filters,
		RedirectStatus: []int{301, 302, 303, 307, 308},
		KeyTypes:       []ir.KeyType{ir.RSA2048, ir.RSA3072, ir.RSA4096, ir.ECDSAP256, ir.ECDSAP384, ir.ECDSAP521, ir.Ed25519},
		AddressTypes:   addresses,
		Infrastructure: true,

		ApplicationProtocols: []string{"kubernetes.io/ws"},
		MisdirectedRequests:  true,

		ReservedPorts: []providers.PortRange{{From: wire.AdminPort, To: 65535}},
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
