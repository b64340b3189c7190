package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"fairway.dev/fairway/providers/local/proxy/config"
	"fairway.dev/fairway/providers/local/proxy/server"
)

// run serves until the context ends, and drains then.
func run(ctx context.Context, o options, access io.Writer, log *slog.Logger) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	c := o.server
	c.AccessLog, c.AccessLogFormat, c.Log = access, server.Format(o.accessLog), log
	proxy := server.New(c, registry)
	client, err := config.New(config.Options{Hub: o.hub, Identity: o.identity, Node: o.node, Log: log}, proxy, registry)
	if err != nil {
		return err
	}
	admin, err := serveAdmin(o.adminAddress, server.Admin(registry, client.Synced, proxy.Ready), log)
	if err != nil {
		return err
	}
	defer func() { _ = admin.Close() }() // the process ends with it

	// The stream goes on while requests are drained: endpoints still change.
	streaming, hangUp := context.WithCancel(context.Background())
	defer hangUp()
	go client.Run(streaming)
	log.Info("proxy started", "version", version, "node", o.node, "hub", o.hub, "admin", o.adminAddress)

	<-ctx.Done()
	log.Info("draining", "delay", o.drainDelay.String(), "timeout", c.DrainTimeout.String())
	proxy.Retire()
	time.Sleep(o.drainDelay) // serving goes on; nothing but a second signal ends it early
	draining, cancel := context.WithTimeout(context.Background(), c.DrainTimeout)
	defer cancel()
	proxy.Shutdown(draining)
	log.Info("drained")
	return nil
}

func serveAdmin(address string, handler http.Handler, log *slog.Logger) (*http.Server, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("admin address: %w", err)
	}
	s := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("admin server failed", "error", err)
		}
	}()
	return s, nil
}
