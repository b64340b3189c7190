// Command fairway-sim-aws runs the AWS simulator. It prints the environment in
// which the SDKs, the AWS CLI and Terraform reach it, and runs until it is
// interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"

	"fairway.dev/fairway/e2e/simulators/aws"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, pflag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "fairway-sim-aws:", err)
		os.Exit(1)
	}
}

// run runs the simulator until the context ends.
func run(ctx context.Context, args []string, out, log io.Writer) error {
	s, err := read(args, log)
	if err != nil {
		return err
	}
	level := slog.LevelInfo
	if s.verbose {
		level = slog.LevelDebug
	}
	s.options.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level}))
	sim, err := aws.Start(ctx, s.options)
	if err != nil {
		return err
	}
	if err := announce(out, sim); err != nil {
		return errors.Join(err, sim.Close())
	}
	<-ctx.Done()
	return sim.Close()
}

// announce tells how to reach the simulator, so that a shell can read it.
func announce(out io.Writer, sim *aws.Simulator) error {
	environ, err := sim.Shell("", "")
	if err != nil {
		return err
	}
	text := environ
	if address := sim.DNSAddress(); address != "" {
		text += fmt.Sprintf("# The load balancers' names are answered at %s; their addresses are of %s.\n", address, sim.AddressRange())
	}
	text += fmt.Sprintf("# What is there, in a browser: %s\n", sim.PageURL())
	text += fmt.Sprintf("# The ledger, faults, quotas and the clock: %s/_simulator/\n", sim.URL())
	if _, err := io.WriteString(out, text); err != nil {
		return fmt.Errorf("print environment: %w", err)
	}
	return nil
}
