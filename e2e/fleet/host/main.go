// Command host is the first process inside a fleet's namespaces. It makes the networks, runs the
// control plane and the nodes of each cluster, forwards ports to the outside, reaps what is orphaned
// and obeys its parent. Everything it makes lives in its namespaces, so when it ends, for whatever
// reason, nothing of the fleet is left.
//
// It is started by package fleet only.
package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/rpc"
	"os"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"fairway.dev/fairway/e2e/fleet/internal/control"
)

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err := run(); err != nil {
		slog.Error("Fleet host failed", "error", err)
		os.Exit(1)
	}
}

// run serves the parent until it closes the control socket.
func run() error {
	if os.Getpid() != 1 {
		return fmt.Errorf("host is started by package fleet, as the first process of a PID namespace")
	}
	parent, err := openControl()
	if err != nil {
		return err
	}
	if err := isolate(); err != nil {
		return err
	}
	if err := setupFleetNetwork(); err != nil {
		return err
	}
	h := &host{
		children:  newChildren(),
		forwarder: newForwarder(netns.NsHandle(control.OutsideFD)),
		clusters:  map[string]*cluster{},
	}
	server := rpc.NewServer()
	if err := server.RegisterName(control.Service, &service{h}); err != nil {
		return fmt.Errorf("register the control service: %w", err)
	}
	server.ServeConn(parent)
	return nil
}

// openControl opens the line to the parent and keeps what was inherited from the programs that the
// host starts: a container must find no way to the outside.
func openControl() (net.Conn, error) {
	unix.CloseOnExec(control.OutsideFD)
	socket := os.NewFile(control.SocketFD, "control")
	parent, err := net.FileConn(socket)
	if err := errors.Join(err, socket.Close()); err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	return parent, nil
}
