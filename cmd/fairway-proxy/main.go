// Command fairway-proxy is Fairway's own data plane: it serves one Gateway,
// by the configuration that it gets from the hub.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker.
var version = "dev"

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(2)
	case o.showVersion:
		fmt.Println("fairway-proxy", version)
		return
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: o.logLevel}))
	// A second signal ends the process at once: stop is called after the first.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	context.AfterFunc(ctx, stop)
	var access io.Writer
	if o.accessLog != "" {
		access = os.Stdout
	}
	if err := run(ctx, o, access, log); err != nil {
		log.Error("proxy failed", "error", err)
		os.Exit(1)
	}
}
