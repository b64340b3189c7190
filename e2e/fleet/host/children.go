package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"fairway.dev/fairway/e2e/fleet/internal/netspace"
)

// children are the processes that the host started. The first process of a PID namespace inherits
// every orphan, so one loop collects all that end: exec.Cmd.Wait must not be used beside it.
type children struct {
	mu      sync.Mutex
	running map[int]*child
}

// child is one process. Its status may be read when done is closed.
type child struct {
	pid    int
	done   chan struct{}
	status syscall.WaitStatus
	// stopped is set before the host ends the process itself.
	stopped atomic.Bool
}

func newChildren() *children {
	c := &children{running: map[int]*child{}}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	go func() {
		for range ended {
			c.reap()
		}
	}()
	return c
}

// start starts a command inside a network namespace.
func (c *children) start(namespace netns.NsHandle, cmd *exec.Cmd) (*child, error) {
	// Held until the child is known: it may end before start does.
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := netspace.Do(namespace, cmd.Start); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	started := &child{pid: cmd.Process.Pid, done: make(chan struct{})}
	c.running[started.pid] = started
	if err := cmd.Process.Release(); err != nil {
		return nil, fmt.Errorf("release %s: %w", cmd.Path, err)
	}
	return started, nil
}

// reap collects every process that has ended.
func (c *children) reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		c.mu.Lock()
		if ended := c.running[pid]; ended != nil {
			delete(c.running, pid)
			ended.status = status
			close(ended.done)
		}
		c.mu.Unlock()
	}
}

// signal sends a signal to a child that has not ended.
func (c *children) signal(to *child, signal syscall.Signal) error {
	// Held so that the number cannot have been given to another process.
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running[to.pid] != to {
		return os.ErrProcessDone
	}
	return syscall.Kill(to.pid, signal)
}

// freeze stops a child and returns when its last thread has stopped. The child may be thawed with
// SIGCONT.
func (c *children) freeze(running *child) error {
	if err := c.signal(running, syscall.SIGSTOP); err != nil {
		return fmt.Errorf("stop process %d: %w", running.pid, err)
	}
	for {
		// Sees stops only, so it takes no end away from reap.
		err := unix.Waitid(unix.P_PID, running.pid, nil, unix.WSTOPPED, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("wait until process %d has stopped: %w", running.pid, err)
		}
		return nil
	}
}

// reason says how the child ended.
func (c *child) reason() string {
	if c.status.Signaled() {
		return "signal: " + c.status.Signal().String()
	}
	return fmt.Sprintf("exit status %d", c.status.ExitStatus())
}
