// Package multicluster tests Fairway as a user has it: the chart on a hub, two members joined and a
// cluster that is to join, and requests through Gateways. What it counts it reads from metrics.
package multicluster

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"testing"

	"fairway.dev/fairway/e2e/install"
)

// stack is shared: every test has a namespace and a Gateway of its own in it.
var stack *install.Stack

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) (code int) {
	// With Ctrl-C the start is given up; while tests run it ends the process, and the kernel the fleet.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	stack, err = install.Up(ctx, install.Options{Name: "multicluster", Spare: []string{newcomer}, Log: install.Elapsed(os.Stderr)})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := stack.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	if _, err := stack.Hub.Apply(context.Background(), []byte(gatewayClass("fairway"))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
