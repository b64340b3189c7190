package main

import (
	"flag"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"fairway.dev/fairway/providers/local/proxy/server"
)

// limits has the flags of everything that bounds what clients and endpoints
// can make the proxy do.
func limits(f *flag.FlagSet, c *server.Config) {
	f.DurationVar(&c.DrainTimeout, "drain-timeout", c.DrainTimeout,
		"how long requests and upgraded connections may go on after --drain-delay, or after their listener is gone")
	f.DurationVar(&c.HeaderTimeout, "header-timeout", c.HeaderTimeout,
		"how long a client may take for the TLS handshake, and again for a request's header")
	f.DurationVar(&c.IdleTimeout, "idle-timeout", c.IdleTimeout, "how long a client's unused connection is kept")
	f.DurationVar(&c.StallTimeout, "stall-timeout", c.StallTimeout,
		"how long a client may send nothing of a body before the answer begins, or take nothing of an answer; 0 means for ever")
	f.DurationVar(&c.Upstream.Connect, "connect-timeout", c.Upstream.Connect, "how long a connection to an endpoint may take to be made")
	f.DurationVar(&c.Upstream.Response, "response-timeout", c.Upstream.Response,
		"how long an endpoint may take to begin its answer once it has the request; 0 means for ever")
	f.IntVar(&c.HeaderBytes, "max-header-bytes", c.HeaderBytes, "largest header of a request, in `bytes`")
	f.Int64Var(&c.BodyBytes, "max-body-bytes", c.BodyBytes, "largest body of a request, in `bytes`; 0 means any, since bodies pass without being kept")
	f.IntVar(&c.Connections, "max-connections", c.Connections,
		"how many client connections there may be; those beyond this `number` are closed at once, 0 means any")
	f.IntVar(&c.Streams, "max-concurrent-streams", c.Streams, "how many requests (`number`) one HTTP/2 connection may have under way")
	f.Func("trusted-proxies", "`networks` (10.0.0.0/8,fd00::/8) whose X-Forwarded-For, -Host and -Proto are believed and added to; "+
		"from elsewhere they are replaced", func(s string) (err error) {
		c.TrustedProxies, err = networks(s)
		return err
	})
}

func networks(s string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		p, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, err
		}
		all = append(all, p.Masked())
	}
	return all, nil
}

func checkLimits(c server.Config) error {
	for name, d := range map[string]time.Duration{
		"drain-timeout": c.DrainTimeout, "stall-timeout": c.StallTimeout, "response-timeout": c.Upstream.Response,
	} {
		if d < 0 {
			return fmt.Errorf("--%s cannot be below zero", name)
		}
	}
	for name, d := range map[string]time.Duration{
		"header-timeout": c.HeaderTimeout, "idle-timeout": c.IdleTimeout, "connect-timeout": c.Upstream.Connect,
	} {
		if d <= 0 {
			return fmt.Errorf("--%s has to be above zero", name)
		}
	}
	for name, n := range map[string]int64{
		"max-header-bytes": int64(c.HeaderBytes) - 1, "max-concurrent-streams": int64(c.Streams) - 1,
		"max-body-bytes": c.BodyBytes, "max-connections": int64(c.Connections),
	} {
		if n < 0 {
			return fmt.Errorf("--%s is too small", name)
		}
	}
	return nil
}
