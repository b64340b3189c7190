// Package nlb is the data plane of Network Load Balancers: a flow goes to one target by its hash, for as long as it
// lasts. Comments name pages of the User Guide for Network Load Balancers.
//
// The source address that targets see is the load balancer's: client IP preservation needs a network of its own, and
// proxy protocol version 2 is there instead.
package nlb

import (
	"crypto/tls"
	"errors"
	"hash/maphash"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/certificate"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/pool"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/rule"
)

// World is what load balancers need of their surroundings.
type World struct {
	Groups       *pool.Groups
	Certificates *certificate.Store
	Log          *slog.Logger
}

// Balancer is a load balancer's part of what its listeners do.
type Balancer struct {
	world    World
	settings atomic.Pointer[balancerSettings]
	seed     maphash.Seed
}

type balancerSettings struct {
	zones     map[netip.Addr]string
	crossZone bool
}

// NewBalancer makes a load balancer without listeners.
func NewBalancer(world World, config traffic.LoadBalancer) *Balancer {
	b := &Balancer{world: world, seed: maphash.MakeSeed()}
	b.SetConfig(config)
	return b
}

// SetConfig replaces the configuration, from the next flow on.
func (b *Balancer) SetConfig(config traffic.LoadBalancer) {
	s := &balancerSettings{
		zones: map[netip.Addr]string{},
		// "The default for Network Load Balancers is false" (API, LoadBalancerAttribute).
		crossZone: config.Attributes.Bool("load_balancing.cross_zone.enabled", false),
	}
	for _, address := range config.Addresses {
		s.zones[address.IP] = address.Zone
	}
	b.settings.Store(s)
}

// Close is there to be a load balancer like any other; there is nothing to close but listeners.
func (b *Balancer) Close() {}

// Listener serves a port.
type Listener struct {
	balancer *Balancer
	settings atomic.Pointer[listenerSettings]
	mu       sync.Mutex // over the making of settings, and over open
	open     map[io.Closer]bool
}

type listenerSettings struct {
	config traffic.Listener
	table  *rule.Table
	tls    *tls.Config
	idle   time.Duration
}

// NewListener makes a listener with its default rule alone.
func NewListener(b *Balancer, config traffic.Listener) (*Listener, error) {
	l := &Listener{balancer: b, open: map[io.Closer]bool{}}
	return l, l.SetConfig(config)
}

// SetConfig replaces all but the rules.
func (l *Listener) SetConfig(config traffic.Listener) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	table := &rule.Table{}
	if before := l.settings.Load(); before != nil {
		table = before.table
	}
	table, err := table.WithDefault(config.DefaultActions)
	if err != nil {
		return err
	}
	next := &listenerSettings{
		config: config,
		table:  table,
		// "The valid range is 60-6000 seconds. The default is 350 seconds" (API, ListenerAttribute).
		idle: config.Attributes.Seconds("tcp.idle_timeout.seconds", 350*time.Second),
	}
	if config.Protocol == "TLS" {
		next.tls = l.newTLSConfig(config)
	}
	l.settings.Store(next)
	return nil
}

// newTLSConfig makes the configuration of a listener that ends TLS (TLS listeners; ALPN policies).
func (l *Listener) newTLSConfig(config traffic.Listener) *tls.Config {
	oldest, newest := certificate.Versions(config.SSLPolicy)
	return &tls.Config{
		MinVersion: oldest,
		MaxVersion: newest,
		NextProtos: protocols(config.ALPNPolicy),
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return l.balancer.world.Certificates.Choose(config.Certificates, hello)
		},
	}
}

// protocols are what an ALPN policy negotiates, the preferred first (ALPN policies).
func protocols(policy string) []string {
	switch policy {
	case "HTTP1Only":
		return []string{"http/1.1"}
	case "HTTP2Only":
		return []string{"h2"}
	case "HTTP2Optional":
		return []string{"http/1.1", "h2"}
	case "HTTP2Preferred":
		return []string{"h2", "http/1.1"}
	default:
		return nil
	}
}

// SetRules adds or replaces rules.
func (l *Listener) SetRules(rules ...traffic.Rule) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := *l.settings.Load()
	table, err := next.table.With(rules...)
	if err != nil {
		return err
	}
	next.table = table
	l.settings.Store(&next)
	return nil
}

// RemoveRules takes rules away.
func (l *Listener) RemoveRules(arns ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := *l.settings.Load()
	next.table = next.table.Without(arns...)
	l.settings.Store(&next)
}

// Open takes flows at an address until the listener or what it returns is closed.
func (l *Listener) Open(at netip.AddrPort) (io.Closer, error) {
	protocol := l.settings.Load().config.Protocol
	var opened closers
	if strings.HasPrefix(protocol, "T") { // TCP, TLS, TCP_UDP, TCP_QUIC
		socket, err := net.Listen("tcp", at.String())
		if err != nil {
			return nil, err
		}
		opened = append(opened, socket)
		go l.accept(socket)
	}
	if strings.HasSuffix(protocol, "UDP") || strings.HasSuffix(protocol, "QUIC") {
		socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
		if err != nil {
			return nil, errors.Join(err, opened.Close())
		}
		flows := newDatagrams(l, socket)
		opened = append(opened, flows)
		go flows.run()
	}
	return opened, nil
}

// closers are closed together.
type closers []io.Closer

// Close implements io.Closer.
func (c closers) Close() error {
	var all error
	for _, one := range c {
		all = errors.Join(all, one.Close())
	}
	return all
}

// Close cuts all connections. The sockets are closed by who opened them.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		// What is cut has nothing to say.
		_ = c.Close()
	}
	return nil
}

// hold keeps a connection so that Close can cut it.
func (l *Listener) hold(c io.Closer) (release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = true
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.open, c)
	}
}
