// Command node is the nodes of one cluster of the fleet, without a container runtime: it runs the cluster's pods as
// processes in namespaces of their own, and makes Services, load balancer addresses and cluster DNS work.
//
// It must run as root inside of the cluster's network namespace. It prints "ready" once its nodes are. It survives an API
// server that is frozen, killed or restarted: pods go on, and what happened meanwhile is made up for.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"fairway.dev/fairway/e2e/fleet/node/container"
)

func main() {
	if container.IsStage() {
		container.Stage()
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	c, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "node:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, c, log.With("cluster", c.cluster), func() { fmt.Println("ready") }); err != nil && ctx.Err() == nil {
		log.Error("the node ends", "err", err)
		os.Exit(1)
	}
}
