package local

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/stream"
	"fairway.dev/fairway/providers/local/wire"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/providers/providertest"
)

// pod is a proxy that keeps what it is sent, from one hub to the next.
type pod struct {
	kit  *kit
	key  client.ObjectKey
	name string
	// hub is the process that it is connected to, until done is closed.
	hub        *process
	done       chan struct{}
	disconnect func()

	mu   sync.Mutex
	held map[string]map[string]*discovery.Resource
	told bool
}

func newPod(k *kit, key client.ObjectKey) *pod {
	p := &pod{kit: k, key: key, name: key.Name + "-0", held: map[string]map[string]*discovery.Resource{}, disconnect: func() {}}
	for _, kind := range wire.Types {
		p.held[kind] = map[string]*discovery.Resource{}
	}
	return p
}

func (p *pod) end() { p.disconnect() }

// ready reports whether it was ever configured.
func (p *pod) ready() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.told
}

// catchUp connects to a process, and waits until it was told all that the
// process publishes.
func (p *pod) catchUp(hub *process) {
	var secret corev1.Secret
	if err := p.kit.api.Get(p.kit.t.Context(), p.key, &secret); err != nil {
		return
	}
	if p.hub != hub || p.broken() {
		p.disconnect()
		p.connect(hub, &secret)
		p.hub = hub
	}
	ref, _ := hub.refOf(&secret)
	deadline := time.After(patience)
	again := time.NewTicker(100 * time.Microsecond)
	defer again.Stop()
	for hub.index.Published(ref) != nil && !slices.ContainsFunc(hub.index.Streams(ref), func(s stream.Stream) bool { return s.Current }) {
		select {
		case <-again.C:
		case <-p.done:
			return
		case <-deadline:
			p.kit.t.Errorf("the proxy of %s is not told everything", ref)
			return
		}
	}
}

// broken reports whether the stream has ended.
func (p *pod) broken() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *pod) connect(hub *process, secret *corev1.Secret) {
	certificate, err := tls.X509KeyPair(secret.Data[wire.CertFile], secret.Data[wire.KeyFile])
	p.kit.must(err)
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(secret.Data[wire.CAFile])
	conn, err := grpc.NewClient(hub.address, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{certificate}, RootCAs: trusted, ServerName: wire.HubServerName, Time: p.kit.clock.Now,
	})))
	if err != nil {
		p.kit.t.Error(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	p.done = done
	p.disconnect = func() {
		cancel()
		_ = conn.Close()
		<-done
	}
	stream, err := discovery.NewAggregatedDiscoveryServiceClient(conn).DeltaAggregatedResources(ctx)
	if err != nil {
		close(done)
		p.kit.t.Error(err)
		return
	}
	for _, kind := range wire.Types {
		p.kit.must(stream.Send(&discovery.DeltaDiscoveryRequest{
			Node: &core.Node{Id: p.name}, TypeUrl: kind, InitialResourceVersions: p.versions(kind),
		}))
	}
	go func() {
		defer close(done)
		for {
			r, err := stream.Recv()
			if err != nil {
				return
			}
			if err := p.take(ctx, r); err != nil {
				return
			}
			if err := stream.Send(&discovery.DeltaDiscoveryRequest{TypeUrl: r.TypeUrl, ResponseNonce: r.Nonce}); err != nil {
				return
			}
		}
	}()
}

func (p *pod) versions(kind string) map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	versions := map[string]string{}
	for name, r := range p.held[kind] {
		versions[name] = r.Version
	}
	return versions
}

// take takes a response in. One that brings something is a call to the world,
// and a fault of it a broken stream.
func (p *pod) take(ctx context.Context, r *discovery.DeltaDiscoveryResponse) error {
	if len(r.Resources)+len(r.RemovedResources) == 0 {
		p.store(r)
		return nil
	}
	return p.kit.call(ctx, "Send", true, r.TypeUrl, func(context.Context) error {
		p.store(r)
		return nil
	})
}

func (p *pod) store(r *discovery.DeltaDiscoveryResponse) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, resource := range r.Resources {
		p.held[r.TypeUrl][resource.Name] = resource
	}
	for _, name := range r.RemovedResources {
		delete(p.held[r.TypeUrl], name)
	}
	p.told = p.told || r.TypeUrl == wire.ListenerType
}

// Live implements [providertest.Harness]: what the Service lets through to
// the proxy, and what that does with it.
func (k *kit) Live(ref providers.Ref) providertest.Live {
	live := providertest.Live{
		Listeners: map[string]providertest.LiveListener{}, Rules: map[plan.Subject]providertest.LiveRule{}, Pools: map[string][]string{},
	}
	key := client.ObjectKey{Namespace: ref.Namespace, Name: objectName(ref)}
	k.mu.Lock()
	pod := k.pods[key]
	k.mu.Unlock()
	if pod == nil {
		return live
	}
	var service corev1.Service
	if err := k.api.Get(k.t.Context(), key, &service); err != nil {
		service = corev1.Service{}
	}
	pod.mu.Lock()
	defer pod.mu.Unlock()
	pod.listeners(&service, live)
	pod.rules(live)
	pod.pools(live)
	return live
}

// decoded are the resources of one kind that a proxy holds.
func decoded[T any](p *pod, kind string) []T {
	var all []T
	for _, name := range slices.Sorted(maps.Keys(p.held[kind])) {
		var v T
		p.kit.must(wire.Decode(p.held[kind][name].Resource.Value, &v))
		all = append(all, v)
	}
	return all
}

func (p *pod) listeners(service *corev1.Service, live providertest.Live) {
	chains := map[string]string{}
	for _, c := range decoded[wire.Certificate](p, wire.CertificateType) {
		if _, err := tls.X509KeyPair([]byte(c.Chain), c.Key.Reveal()); err == nil {
			chains[c.Name] = c.Chain
		}
	}
	for _, l := range decoded[wire.Listener](p, wire.ListenerType) {
		let := slices.ContainsFunc(service.Spec.Ports, func(s corev1.ServicePort) bool {
			return s.Port == int32(l.Port) && s.TargetPort.IntVal == int32(l.BindPort)
		})
		if !let {
			continue
		}
		accepts := providertest.LiveListener{Port: l.Port}
		for _, name := range l.Certificates {
			if chain, held := chains[name]; held {
				accepts.Chains = append(accepts.Chains, chain)
			}
		}
		live.Listeners[l.Name] = accepts
	}
}

func (p *pod) rules(live providertest.Live) {
	for _, r := range decoded[ir.Route](p, wire.RouteType) {
		var at []string
		for _, a := range r.Attachments {
			if _, accepts := live.Listeners[a.Listener]; accepts {
				at = append(at, a.Listener)
			}
		}
		if slices.Sort(at); len(at) == 0 {
			continue
		}
		for i, rule := range r.Rules {
			served := providertest.LiveRule{Listeners: at, Pools: map[string]int32{}}
			for _, b := range rule.Backends {
				if b.Weight > 0 {
					served.Pools[b.Pool] += b.Weight
				}
			}
			rule.Backends = nil
			served.Text = ir.Hash(r.Attachments) + ir.Hash(rule)
			live.Rules[plan.Rule(r.Name, i)] = served
		}
	}
}

// pools hold what proxies choose from: endpoints that are ready, or else
// those that serve on while they end.
func (p *pod) pools(live providertest.Live) {
	ready, ending := map[string][]string{}, map[string][]string{}
	for _, e := range decoded[wire.Endpoints](p, wire.EndpointsType) {
		for _, one := range e.Endpoints {
			address := netip.AddrPortFrom(netip.MustParseAddr(one.Address), one.Port).String()
			switch {
			case one.Serving && !one.Terminating:
				ready[e.Pool] = append(ready[e.Pool], address)
			case one.Serving:
				ending[e.Pool] = append(ending[e.Pool], address)
			}
		}
	}
	maps.Copy(live.Pools, ending)
	maps.Copy(live.Pools, ready)
	for _, addresses := range live.Pools {
		slices.Sort(addresses)
	}
}
