package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"fairway.dev/fairway/providers/local/proxy/server"
	"fairway.dev/fairway/providers/local/wire"
)

// options are the command line.
type options struct {
	hub, identity, node string
	adminAddress        string
	accessLog           string
	logLevel            slog.Level
	drainDelay          time.Duration
	drainTimeout        time.Duration
	showVersion         bool
}

const intro = `fairway-proxy serves one Gateway. It gets listeners, routes and endpoints from
the hub over an authenticated stream, keeps serving what it has when the hub is
away, and drains on SIGTERM. Times are written like 5s or 1m.

Usage of fairway-proxy:
`

// parse reads the command line; what is wrong with it is written to w.
func parse(args []string, w io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("fairway-proxy", flag.ContinueOnError)
	f.SetOutput(w)
	f.Usage = func() {
		_, _ = io.WriteString(w, intro) // nowhere to report a failure to
		f.PrintDefaults()
	}
	f.StringVar(&o.hub, "hub", "", "`address` of the hub's stream, host:port (required)")
	f.StringVar(&o.identity, "identity", "/etc/fairway/identity",
		"`folder` with "+wire.CertFile+", "+wire.KeyFile+" and "+wire.CAFile+"; read anew for every connection to the hub")
	f.StringVar(&o.node, "node-name", os.Getenv("POD_NAME"), "this proxy's `name` among those of its Gateway; default is $POD_NAME (required)")
	f.StringVar(&o.adminAddress, "admin-address", fmt.Sprintf(":%d", wire.AdminPort), "`address` of /livez, /readyz and /metrics")
	f.StringVar(&o.accessLog, "access-log", "json", "`format` of the access log on standard output: json or off")
	f.TextVar(&o.logLevel, "log-level", slog.LevelInfo, "lowest `level` to log on standard error: debug, info, warn or error")
	f.DurationVar(&o.drainDelay, "drain-delay", 5*time.Second, "how long to go on accepting after SIGTERM, so that load balancers notice")
	f.DurationVar(&o.drainTimeout, "drain-timeout", server.DefaultConfig().DrainTimeout, "how long requests may go on after that, or after their listener is gone")
	f.BoolVar(&o.showVersion, "version", false, "print the version and exit")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.showVersion {
		return o, nil
	}
	if err := o.check(f.Args()); err != nil {
		_, _ = fmt.Fprintf(w, "fairway-proxy: %v (see --help)\n", err) // as above
		return o, err
	}
	return o, nil
}

func (o *options) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("unexpected argument %q", rest[0])
	case o.hub == "":
		return errors.New("--hub is required")
	case o.node == "":
		return errors.New("--node-name or $POD_NAME is required")
	case o.accessLog != "json" && o.accessLog != "off":
		return fmt.Errorf("--access-log is %q, want json or off", o.accessLog)
	case o.drainDelay < 0 || o.drainTimeout < 0:
		return errors.New("times cannot be below zero")
	}
	return nil
}
