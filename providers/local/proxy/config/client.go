// Package config keeps the proxy's configuration up to date: it holds the
// stream to the hub, puts what comes into force, and says what was refused.
//
// The protocol is xDS in its incremental form on one aggregated stream, with
// the resource types of package wire.
package config

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver/dns"

	"fairway.dev/fairway/providers/local/wire"
)

// How the connection to the hub behaves.
const (
	// KeepaliveTime is how long the stream may be silent before the proxy
	// asks whether the hub is still there. The hub has to allow it: gRPC's
	// servers allow five minutes by default, and hang up on more.
	KeepaliveTime = 10 * time.Second
	// KeepaliveTimeout is how long the hub may take to answer.
	KeepaliveTimeout = 5 * time.Second
	// MaxMessageBytes bounds one response of the hub.
	MaxMessageBytes = 64 << 20

	connectTimeout = 3 * time.Second
	minBackoff     = 100 * time.Millisecond
	maxBackoff     = time.Second // the connection's, and the stream's on top
	logInterval    = time.Minute

	// tidyAfter is how long after a response with at least bulk resources
	// memory is given back.
	bulk      = 500
	tidyAfter = time.Second
)

func init() {
	// A hub that moves has new addresses: look them up as often as we try.
	dns.SetMinResolutionInterval(maxBackoff)
}

// Options say where the hub is and who the proxy is.
type Options struct {
	// Hub is the address of the stream: "host:port", or a gRPC target. The
	// addresses of a host are tried in turn.
	Hub string
	// Identity is the folder with the files that package wire names. They
	// are read anew for every connection.
	Identity string
	// Node is the proxy's name among those of its Gateway: its pod's.
	Node string
	// Log takes what operators should know.
	Log *slog.Logger
}

// Client is the proxy's end of the stream.
type Client struct {
	options Options
	conn    *grpc.ClientConn
	held    *held
	metrics *metrics
}

// New makes a client that puts what comes into force in the table. It makes
// no connection yet.
func New(o Options, t Table, registry prometheus.Registerer) (*Client, error) {
	target := o.Hub
	if !strings.Contains(target, "://") && !strings.HasPrefix(target, "dns:") {
		target = "dns:///" + target
	}
	conn, err := grpc.NewClient(target,
		grpc.WithTransportCredentials(credentialsFrom(o.Identity)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: KeepaliveTime, Timeout: KeepaliveTimeout}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: minBackoff, Multiplier: 1.6, Jitter: 0.2, MaxDelay: maxBackoff},
			MinConnectTimeout: connectTimeout,
		}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaxMessageBytes)),
		grpc.WithIdleTimeout(0),
	)
	if err != nil {
		return nil, fmt.Errorf("hub %q: %w", o.Hub, err)
	}
	m := newMetrics(registry)
	return &Client{options: o, conn: conn, held: newHeld(t, m), metrics: m}, nil
}

// Synced is nil once each type of resource had its first response, and says
// before that what is missing. It stays nil when the hub goes away.
func (c *Client) Synced() error {
	var missing []string
	for _, typ := range wire.Types {
		if !c.held.answered(typ) {
			missing = append(missing, shortType(typ))
		}
	}
	if missing != nil {
		return fmt.Errorf("the hub has not sent yet: %s", strings.Join(missing, ", "))
	}
	return nil
}

// Run holds the stream until the context ends, and makes it anew whenever it
// breaks.
func (c *Client) Run(ctx context.Context) {
	defer func() { _ = c.conn.Close() }() // it fails only when closed before
	delay := minBackoff
	var lastText string
	var lastLog time.Time
	for ctx.Err() == nil {
		start := time.Now()
		err := c.stream(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(start) > maxBackoff {
			delay = minBackoff
		}
		if text := err.Error(); text != lastText || time.Since(lastLog) > logInterval {
			c.options.Log.Warn("no stream to the hub; serving what is held", "hub", c.options.Hub, "error", err)
			lastText, lastLog = text, time.Now()
		}
		select {
		case <-time.After(delay/2 + rand.N(delay)):
		case <-ctx.Done():
		}
		delay = min(2*delay, maxBackoff)
	}
}

// stream lives one stream: it asks for every type, says what is held already,
// and answers each response.
func (c *Client) stream(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := discovery.NewAggregatedDiscoveryServiceClient(c.conn).DeltaAggregatedResources(ctx)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	for _, typ := range wire.Types {
		if err := stream.Send(c.firstRequest(typ)); err != nil {
			return fmt.Errorf("ask for %s: %w", typ, reason(stream))
		}
	}
	c.metrics.opened.Inc()
	c.metrics.connected.Set(1)
	defer c.metrics.connected.Set(0)
	c.options.Log.Info("stream to the hub is open", "hub", c.options.Hub)
	// What many resources were decoded from is as large as what became of
	// them, and would stay until as much again was made.
	tidy := time.AfterFunc(tidyAfter, debug.FreeOSMemory)
	tidy.Stop()
	for {
		response, err := stream.Recv()
		if err != nil {
			return fmt.Errorf("receive: %w", err)
		}
		refused := c.held.apply(response)
		if len(response.GetResources()) >= bulk {
			tidy.Reset(tidyAfter)
		}
		for _, r := range refused {
			c.options.Log.Warn("configuration refused; keeping what was", "resource", r.name, "type", response.GetTypeUrl(), "error", r.err)
		}
		if err := stream.Send(answer(response, refused)); err != nil {
			return fmt.Errorf("acknowledge: %w", reason(stream))
		}
	}
}

// reason is why a stream ended, behind the bare EOF that Send gives.
func reason(stream discovery.AggregatedDiscoveryService_DeltaAggregatedResourcesClient) error {
	for {
		if _, err := stream.Recv(); err != nil {
			return err
		}
	}
}
