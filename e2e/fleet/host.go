package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"fairway.dev/fairway/e2e/fleet/internal/control"
)

// hostProcess is the running host with the line to it.
type hostProcess struct {
	process *os.Process
	client  *rpc.Client
	ended   chan struct{}
}

// startHost starts the host as the first process of new namespaces. It dies with this process, in
// two ways: a signal from the kernel, and the end of its control socket.
func startHost(path string, log io.Writer) (*hostProcess, error) {
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close() //nolint:errcheck // the host has its own copy
	// The namespace of this thread, which is the process's unless a caller has moved the thread.
	outside, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the network namespace: %w", err), ours.Close())
	}
	defer outside.Close() //nolint:errcheck // the host has its own copy

	cmd := exec.Command(path)
	cmd.Stderr = log
	cmd.ExtraFiles = make([]*os.File, 2)
	cmd.ExtraFiles[control.SocketFD-3] = theirs
	cmd.ExtraFiles[control.OutsideFD-3] = outside
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
		Pdeathsig:  syscall.SIGKILL,
		// A Ctrl-C is for the parent, which closes the fleet.
		Setsid: true,
	}
	h := &hostProcess{client: rpc.NewClient(ours), ended: make(chan struct{})}
	if err := h.launch(cmd); err != nil {
		return nil, errors.Join(fmt.Errorf("start the fleet's host (has fleet.Build run?): %w", err), h.client.Close())
	}
	return h, nil
}

// launch starts the command from a thread that lives as long as the host: the kernel sends the
// parent-death signal when the thread ends that started the child.
func (h *hostProcess) launch(cmd *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer close(h.ended)
		err := cmd.Start()
		h.process = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait() // always ends by a signal or because the control socket closed
		}
	}()
	return <-started
}

// call asks the host for something. A call that outlives its context goes on in the host.
func (h *hostProcess) call(ctx context.Context, method string, request, reply any) error {
	call := h.client.Go(control.Method(method), request, reply, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
		if errors.Is(call.Error, rpc.ErrShutdown) || errors.Is(call.Error, io.ErrUnexpectedEOF) {
			return errors.New("the fleet's host has ended")
		}
		return call.Error
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end kills the host, and with it everything in its PID namespace: the kernel lets a first process
// end only when all others have.
func (h *hostProcess) end() error {
	if err := h.process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end the fleet's host: %w", err)
	}
	<-h.ended
	_ = h.client.Close() // fails when the host was gone already
	return nil
}

// socketPair returns two ends of a line that has no name on any file system.
func socketPair() (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make the control socket: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "control"), os.NewFile(uintptr(fds[1]), "control")
	defer ours.Close() //nolint:errcheck // the connection has its own copy
	conn, err := net.FileConn(ours)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open the control socket: %w", err), theirs.Close())
	}
	return conn, theirs, nil
}
