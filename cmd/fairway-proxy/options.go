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
	accessLog           accessLog
	logLevel            slog.Level
	drainDelay          time.Duration
	showVersion         bool
	// server has everything but the logs.
	server server.Config
}

const intro = `fairway-proxy serves one Gateway. It gets listeners, routes, certificates and
endpoints from the hub over an authenticated stream, keeps serving what it has
when the hub is away, and drains on SIGTERM. Times are written like 5s or 1m.

Usage of fairway-proxy:
`

// parse reads the command line; what is wrong with it is written to w.
func parse(args []string, w io.Writer) (options, error) {
	o := options{server: server.DefaultConfig(), accessLog: accessLog(server.JSON)}
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
	f.TextVar(&o.accessLog, "access-log", o.accessLog, "`format` of the access log on standard output: json, text or off")
	f.TextVar(&o.logLevel, "log-level", slog.LevelInfo, "lowest `level` to log on standard error: debug, info, warn or error")
	f.DurationVar(&o.drainDelay, "drain-delay", 5*time.Second, "how long to go on accepting after SIGTERM, so that load balancers notice")
	f.BoolVar(&o.showVersion, "version", false, "print the version and exit")
	limits(f, &o.server)
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
	case o.drainDelay < 0:
		return errors.New("--drain-delay cannot be below zero")
	}
	return checkLimits(o.server)
}

// accessLog is a format of the access log, or empty for none.
type accessLog server.Format

// off is how no access log is asked for.
const off = "off"

// MarshalText is for the flag's default.
func (a accessLog) MarshalText() ([]byte, error) { return []byte(a), nil }

// UnmarshalText reads a format.
func (a *accessLog) UnmarshalText(b []byte) error {
	switch s := string(b); s {
	case string(server.JSON), string(server.Text):
		*a = accessLog(s)
	case off:
		*a = ""
	default:
		return fmt.Errorf("%q is none of json, text and off", s)
	}
	return nil
}
