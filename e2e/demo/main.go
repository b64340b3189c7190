// Command demo shows Fairway at work on one machine: a hub and two member clusters, a Gateway on
// the hub, and requests that pods of both members answer. It stays until Ctrl-C and leaves nothing
// behind but logs and built programs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	once := flag.Bool("once", false, "end after the check: exit code 0 if pods of every member answered")
	spare := flag.String("spare", "", "names of clusters to start beside, separated by commas, for you to join")
	flag.Parse()
	// A second signal ends the program at once; the kernel then ends the clusters.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop)
	if err := run(ctx, os.Stdout, *once, strings.FieldsFunc(*spare, func(r rune) bool { return r == ',' })); err != nil {
		if errors.Is(err, context.Canceled) && ctx.Err() != nil {
			fmt.Fprintln(os.Stderr, "\nended before the demo was ready")
		} else {
			fmt.Fprintf(os.Stderr, "\nthe demo failed: %v\n", err)
		}
		os.Exit(1)
	}
}
