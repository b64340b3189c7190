// Package alb is the data plane of Application Load Balancers: it takes requests on a listener's port, lets the rules
// decide, and redirects, answers or forwards them as the User Guide for Application Load Balancers says. Comments name
// that guide's pages ("Troubleshoot", "HTTP headers", ...).
package alb

import (
	"log"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/certificate"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/pool"
)

// World is what load balancers need of their surroundings.
type World struct {
	Groups       *pool.Groups
	Certificates *certificate.Store
	// Now is the simulator's time.
	Now func() time.Time
	Log *slog.Logger
	// Observe is told of each request when it has ended. It may be nil.
	Observe func(traffic.Exchange)
	// Cookies seals stickiness cookies.
	Cookies *Seal
}

// Balancer is a load balancer's part of what its listeners do.
type Balancer struct {
	world    World
	settings atomic.Pointer[balancerSettings]
	upstream *upstream
	// quiet takes what the server and the proxy complain of: statuses tell it.
	quiet *log.Logger
}

// balancerSettings are a load balancer's attributes, read once. Their defaults are AWS's (API, LoadBalancerAttribute).
type balancerSettings struct {
	config             traffic.LoadBalancer
	zones              map[netip.Addr]string
	idle, keepAlive    time.Duration
	http2              bool
	preserveHost       bool
	dropInvalidHeaders bool
	forwardedFor       string
	forwardClientPort  bool
	tlsHeaders         bool
	crossZone          bool
}

// NewBalancer makes a load balancer without listeners.
func NewBalancer(world World, config traffic.LoadBalancer) *Balancer {
	b := &Balancer{world: world, quiet: slog.NewLogLogger(world.Log.Handler(), slog.LevelDebug)}
	b.SetConfig(config)
	b.upstream = newUpstream(func() time.Duration { return b.settings.Load().idle })
	return b
}

// SetConfig replaces the configuration, from the next request on.
func (b *Balancer) SetConfig(config traffic.LoadBalancer) {
	a := config.Attributes
	s := &balancerSettings{
		config:             config,
		zones:              map[netip.Addr]string{},
		idle:               a.Seconds("idle_timeout.timeout_seconds", time.Minute),
		keepAlive:          a.Seconds("client_keep_alive.seconds", time.Hour),
		http2:              a.Bool("routing.http2.enabled", true),
		preserveHost:       a.Bool("routing.http.preserve_host_header.enabled", false),
		dropInvalidHeaders: a.Bool("routing.http.drop_invalid_header_fields.enabled", false),
		forwardedFor:       a.Text("routing.http.xff_header_processing.mode", "append"),
		forwardClientPort:  a.Bool("routing.http.xff_client_port.enabled", false),
		tlsHeaders:         a.Bool("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", false),
		crossZone:          true, // "cross-zone load balancing is on by default and cannot be changed at the load balancer level"
	}
	for _, address := range config.Addresses {
		s.zones[address.IP] = address.Zone
	}
	b.settings.Store(s)
}

// Close ends idle connections to targets.
func (b *Balancer) Close() { b.upstream.close() }
