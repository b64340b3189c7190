// Command fairwayctl is what people use beside kubectl: it joins clusters to a
// hub, and says how Gateways are served and why not. Installed under the name
// kubectl-fairway it is the plugin "kubectl fairway".
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// version is set at link time.
var version = "development"

// Exit codes, for scripts.
const (
	// exitFailed: it could not be done, or could not be told.
	exitFailed = 1
	// exitUsage: the command line is wrong.
	exitUsage = 2
	// exitNotWell: it was told, and something is not as it should be.
	exitNotWell = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, filepath.Base(os.Args[0]), os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// run carries out a command line and returns the exit code.
func run(ctx context.Context, program string, args []string, s streams) int {
	name := program
	if strings.HasPrefix(program, "kubectl-") {
		name = "kubectl fairway"
	}
	root := newRoot(name, s)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var usage *usageError
	var unwell *unwellError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &unwell):
		return exitNotWell
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(s.err, "%v\nSee %s --help.\n", err, usage.command)
		return exitUsage
	default:
		_, _ = fmt.Fprintln(s.err, "fairwayctl:", err)
		return exitFailed
	}
}

// usageError is a mistake in the command line.
type usageError struct {
	command string
	err     error
}

func (e *usageError) Error() string { return e.err.Error() }

// unwellError says that the command told all, and that not all is well.
type unwellError struct{}

func (*unwellError) Error() string { return "not all is well" }
