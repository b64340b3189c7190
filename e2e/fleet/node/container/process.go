package container

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Process is a running or finished container.
type Process struct {
	// Started is when the program was executed.
	Started time.Time

	spec Spec
	cmd  *exec.Cmd
	done chan struct{}
	exit Exit
}

// Exit says how a container ended.
type Exit struct {
	// Code is the exit code; for a process that a signal ended it is 128 plus the signal's number, as runtimes report it.
	Code int
	// Signal is the signal that ended the process, 0 if none did.
	Signal syscall.Signal
	// At is when it ended.
	At time.Time
}

// Start runs a container and returns once its program executes. The network namespace may be nil: the container then
// shares that of this process. What the program prints is copied to the two writers; Done waits for both.
func Start(spec Spec, namespace *os.File, stdout, stderr io.Writer) (*Process, error) {
	if len(spec.Command) == 0 {
		return nil, errors.New("the container has no command")
	}
	if spec.WorkingDir == "" {
		spec.WorkingDir = "/"
	}
	encoded, err := json.Marshal(spec)
	if err != nil {
		return nil, fmt.Errorf("encode the container's specification: %w", err)
	}
	specFile, err := memoryFile(encoded)
	if err != nil {
		return nil, err
	}
	defer specFile.Close() //nolint:errcheck // only read from here on
	report, reportEnd, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open pipe: %w", err)
	}
	defer report.Close() //nolint:errcheck // only read from
	cmd := &exec.Cmd{
		Path: "/proc/self/exe", Args: []string{stageName},
		Env:    []string{}, // the stage must not inherit settings that are meant for the node
		Stdout: stdout, Stderr: stderr,
		ExtraFiles: []*os.File{specFile, reportEnd},
		SysProcAttr: &syscall.SysProcAttr{
			Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
			Setsid:     true,
			Pdeathsig:  syscall.SIGKILL,
		},
	}
	if namespace != nil {
		cmd.Args = append(cmd.Args, joinNamespace)
		cmd.ExtraFiles = append(cmd.ExtraFiles, namespace)
	}
	err = onForker(cmd.Start)
	if closeErr := reportEnd.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("start the container's first process: %w", err)
	}
	p := &Process{spec: spec, cmd: cmd, done: make(chan struct{})}
	problem, err := io.ReadAll(report)
	p.Started = time.Now()
	go p.wait()
	if err != nil || len(problem) > 0 {
		<-p.done
		return nil, errors.Join(errors.New(string(problem)), err)
	}
	return p, nil
}

// Done is closed when the container has ended and all its output was copied.
func (p *Process) Done() <-chan struct{} { return p.done }

// Exit tells how the container ended; it may be called after Done was closed.
func (p *Process) Exit() Exit { return p.exit }

// Signal sends a signal to the container's first process. One that has ended is no error.
func (p *Process) Signal(signal syscall.Signal) error {
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("send %s to container process %d: %w", signal, p.cmd.Process.Pid, err)
	}
	return nil
}

func (p *Process) wait() {
	defer close(p.done)
	// The error repeats what the state says, or comes from a writer of ours that takes everything.
	_ = p.cmd.Wait()
	p.exit.At = time.Now()
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case !ok:
		p.exit.Code = p.cmd.ProcessState.ExitCode()
	case status.Signaled():
		p.exit.Signal = status.Signal()
		p.exit.Code = 128 + int(status.Signal())
	default:
		p.exit.Code = status.ExitStatus()
	}
}

// memoryFile holds data that a child reads at its own pace.
func memoryFile(data []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("spec", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create a file in memory: %w", err)
	}
	file := os.NewFile(uintptr(fd), "spec")
	if _, err := io.Copy(file, bytes.NewReader(data)); err != nil {
		return nil, errors.Join(fmt.Errorf("write a file in memory: %w", err), file.Close())
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, errors.Join(fmt.Errorf("rewind a file in memory: %w", err), file.Close())
	}
	return file, nil
}

// forker runs functions on one thread that never ends. A child's parent-death signal is sent when the thread that forked
// it ends, not the process, and Go ends threads as it likes.
var forker = sync.OnceValue(func() chan<- func() {
	calls := make(chan func())
	go func() {
		runtime.LockOSThread()
		for call := range calls {
			call()
		}
	}()
	return calls
})

func onForker(start func() error) error {
	result := make(chan error, 1)
	forker() <- func() { result <- start() }
	return <-result
}
