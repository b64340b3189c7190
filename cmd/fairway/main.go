// Command fairway is the hub: it turns the Gateways of its cluster into load
// balancers whose backends are pods of every member cluster.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/go-logr/logr"
	"go.uber.org/zap/zapcore"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"fairway.dev/fairway/providers/local"
	"fairway.dev/fairway/reconcile"
)

// version is set at link time.
var version = "development"

func main() {
	if err := run(ctrl.SetupSignalHandler(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "fairway:", err)
		os.Exit(1)
	}
}

type options struct {
	namespace, proxyImage, streamService, hubID string
	streamAddress, metricsAddress, healthAddr   string
	adminAddress, viewerAccount                 string
	logLevel                                    string
	version                                     bool
}

func parse(args []string) (options, error) {
	var o options
	f := flag.NewFlagSet("fairway", flag.ContinueOnError)
	f.StringVar(&o.namespace, "namespace", "fairway-system", "the namespace that Fairway itself runs in; kubeconfigs of members are Secrets there")
	f.StringVar(&o.proxyImage, "proxy-image", "", "the image of fairway-proxy (required)")
	f.StringVar(&o.streamService, "stream-service", "fairway-stream", "the headless Service in --namespace by which proxies reach the hub, port 18000")
	f.StringVar(&o.streamAddress, "stream-address", ":18000", "where the leader answers proxies")
	f.StringVar(&o.hubID, "hub-id", "", "names this hub among all that share an account; the UID of kube-system if empty; never change it")
	f.StringVar(&o.metricsAddress, "metrics-address", ":8080", "where /metrics is served; 0 turns it off")
	f.StringVar(&o.healthAddr, "health-address", ":8081", "where /healthz and /readyz are served")
	f.StringVar(&o.adminAddress, "admin-address", ":8443", "where the leader answers fairwayctl plan; 0 turns it off")
	f.StringVar(&o.viewerAccount, "viewer-account", "fairway-viewer", "the ServiceAccount in --namespace whose tokens fairwayctl plan comes with")
	f.StringVar(&o.logLevel, "log-level", "info", "debug, info or error")
	f.BoolVar(&o.version, "version", false, "print the version and end")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.proxyImage == "" && !o.version {
		return o, fmt.Errorf("--proxy-image is required: the image of fairway-proxy")
	}
	return o, nil
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if o.version {
		fmt.Println(version)
		return nil
	}
	log, err := logger(o.logLevel)
	if err != nil {
		return err
	}
	ctrl.SetLogger(log)
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find the hub cluster: %w", err)
	}
	hub, err := reconcile.New(ctx, reconcile.Options{
		Config: config, Namespace: o.namespace, ID: o.hubID, Caches: local.Caches(),
		MetricsAddress: o.metricsAddress, HealthAddress: o.healthAddr, Log: log,
		AdminAddress: o.adminAddress, AdminAccount: o.viewerAccount,
	})
	if err != nil {
		return err
	}
	proxies, err := local.New(local.Options{
		Client: hub.Client(), Reader: hub.Reader(), Hub: hub.ID(), Namespace: o.namespace, ProxyImage: o.proxyImage,
		StreamAddress: fmt.Sprintf("%s.%s.svc:18000", o.streamService, o.namespace), ListenAddress: o.streamAddress,
		Registerer: metrics.Registry, Log: log.WithName("local"), Clock: clock.RealClock{},
	})
	if err != nil {
		return fmt.Errorf("local provider: %w", err)
	}
	if err := proxies.Watch(ctx, hub.Cache()); err != nil {
		return fmt.Errorf("local provider: %w", err)
	}
	if err := hub.OnLeader(proxies.Run); err != nil {
		return fmt.Errorf("local provider: %w", err)
	}
	log.Info("Starting", "version", version, "hub", hub.ID(), "namespace", o.namespace)
	return hub.Run(ctx, proxies)
}

func logger(level string) (logr.Logger, error) {
	// zap's levels: -1 is debug, 0 info, 2 error.
	n, known := map[string]int{"debug": -1, "info": 0, "error": 2}[level]
	if !known {
		return logr.Logger{}, fmt.Errorf("--log-level: %q is none of debug, info, error", level)
	}
	return zap.New(zap.Level(zapcore.Level(n))), nil
}
