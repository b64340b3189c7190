// Command fairwayctl is what people use beside kubectl: it joins clusters to a
// hub, and says how Gateways are served and why not. Installed under the name
// kubectl-fairway it is the plugin "kubectl fairway", and under the name
// kubectl_complete-fairway it completes the plugin's command lines.
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

	"github.com/spf13/cobra"
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
	// exitRefused: it was told, and something would be refused.
	exitRefused = 4
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, filepath.Base(os.Args[0]), os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	stop()
	os.Exit(code)
}

// plugin is what users type where this is a plugin of kubectl.
const plugin = "kubectl fairway"

// run carries out a command line and returns the exit code.
func run(ctx context.Context, program string, args []string, s streams) int {
	name := "fairwayctl"
	switch {
	case strings.HasPrefix(program, "kubectl-"):
		name = plugin
	case strings.HasPrefix(program, "kubectl_complete-"):
		name, args = plugin, append([]string{cobra.ShellCompRequestCmd}, args...)
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
		return unwell.code
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(s.err, "%v\nSee %s --help.\n", err, usage.command)
		return exitUsage
	default:
		_, _ = fmt.Fprintf(s.err, "%s: %v\n", name, err)
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
type unwellError struct{ code int }

func (*unwellError) Error() string { return "not all is well" }
