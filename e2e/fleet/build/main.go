// Command build builds what a fleet needs into a folder, so that tests and the demo start at once.
// The arguments are the folder and the further programs to build (fairway, fairway-proxy,
// echo-basic).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"fairway.dev/fairway/e2e/fleet"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: build FOLDER [PROGRAM...]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var programs []fleet.Program
	for _, name := range os.Args[2:] {
		programs = append(programs, fleet.Program(name))
	}
	if err := fleet.Build(ctx, os.Args[1], os.Stderr, programs...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
