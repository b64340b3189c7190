package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Exec runs a command inside of the container's namespaces, with its environment and identity, and returns what it printed
// and its exit code. An error says that it could not be run to its end.
func (p *Process) Exec(ctx context.Context, command []string) (output []byte, code int, err error) {
	if len(command) == 0 {
		return nil, 0, errors.New("exec needs a command")
	}
	var printed bytes.Buffer
	var cmd *exec.Cmd
	started := make(chan error, 1)
	go func() {
		// The thread ends with the goroutine: it can never leave the container again.
		runtime.LockOSThread()
		started <- func() error {
			if err := p.join(); err != nil {
				return err
			}
			program, err := lookUp(command[0], p.spec.Env)
			if err != nil {
				return err
			}
			groups := make([]uint32, len(p.spec.Groups))
			for i, g := range p.spec.Groups {
				groups[i] = uint32(g)
			}
			cmd = exec.CommandContext(ctx, program, command[1:]...)
			cmd.Args[0] = command[0]
			cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = p.spec.Env, p.spec.WorkingDir, &printed, &printed
			cmd.SysProcAttr = &syscall.SysProcAttr{
				Setsid:     true,
				Credential: &syscall.Credential{Uid: uint32(p.spec.UID), Gid: uint32(p.spec.GID), Groups: groups},
			}
			return cmd.Start()
		}()
	}()
	if err := <-started; err != nil {
		return nil, 0, fmt.Errorf("exec %q in the container: %w", command, err)
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return printed.Bytes(), 0, fmt.Errorf("exec %q in the container: %w", command, context.Cause(ctx))
	case errors.As(err, &exit):
		return printed.Bytes(), exit.ExitCode(), nil
	case err != nil:
		return printed.Bytes(), 0, fmt.Errorf("exec %q in the container: %w", command, err)
	}
	return printed.Bytes(), 0, nil
}

// join moves the calling thread into the container's namespaces (children only, for the process namespace).
func (p *Process) join() error {
	dir := filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "ns")
	kinds := []struct {
		name string
		flag int
	}{{"ipc", unix.CLONE_NEWIPC}, {"uts", unix.CLONE_NEWUTS}, {"net", unix.CLONE_NEWNET}, {"pid", unix.CLONE_NEWPID}, {"mnt", unix.CLONE_NEWNS}}
	files := make([]*os.File, len(kinds))
	for i, kind := range kinds { // all before the first change: /proc of the container shows other processes
		file, err := os.Open(filepath.Join(dir, kind.name))
		if err != nil {
			return fmt.Errorf("open the container's %s namespace: %w", kind.name, err)
		}
		defer file.Close() //nolint:errcheck // only read from
		files[i] = file
	}
	// A thread that shares its root directory with others cannot change its mount namespace.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare the root directory: %w", err)
	}
	for i, kind := range kinds {
		if err := unix.Setns(int(files[i].Fd()), kind.flag); err != nil {
			return fmt.Errorf("join the container's %s namespace: %w", kind.name, err)
		}
	}
	return nil
}
