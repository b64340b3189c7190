package fleet

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// runPrefix begins the name of every run's folder.
const runPrefix = "run-"

// runDir is a folder that belongs to one run of a fleet. A lock on a file inside says that the run
// lives; the kernel gives it up when the process dies, so that a later run can tell what to sweep.
type runDir struct {
	path string
	lock *os.File
}

// newRunDir makes a run's folder under dir, removes those that killed runs have left there and says
// so.
func newRunDir(dir string, log io.Writer) (*runDir, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create the fleet's folder: %w", err)
	}
	// Without this lock another run could sweep a folder that is not locked yet.
	making, err := lockFile(filepath.Join(dir, "lock"), unix.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer making.Close() //nolint:errcheck // nothing was written
	swept, err := sweep(dir)
	if err != nil {
		return nil, fmt.Errorf("remove what a killed run has left: %w", err)
	}
	for _, path := range swept {
		_, _ = fmt.Fprintf(log, "removed %s, which a killed run had left\n", path) // progress only
	}
	path, err := os.MkdirTemp(dir, runPrefix)
	if err != nil {
		return nil, fmt.Errorf("create the run's folder: %w", err)
	}
	run, err := lockRunDir(path)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return run, nil
}

// sweep removes the folders of runs that are dead, and names them. Their processes, namespaces and
// mounts went with them.
func sweep(dir string) (swept []string, err error) {
	found, err := filepath.Glob(filepath.Join(dir, runPrefix+"*"))
	if err != nil {
		return nil, err
	}
	for _, path := range found {
		run, err := lockRunDir(path)
		if errors.Is(err, unix.EWOULDBLOCK) {
			continue
		}
		if err != nil {
			return swept, err
		}
		if err := run.remove(); err != nil {
			return swept, err
		}
		swept = append(swept, path)
	}
	return swept, nil
}

// lockRunDir takes the lock of a run's folder. The error is EWOULDBLOCK when the run lives.
func lockRunDir(path string) (*runDir, error) {
	lock, err := lockFile(filepath.Join(path, "lock"), unix.LOCK_EX|unix.LOCK_NB)
	if err != nil {
		return nil, err
	}
	return &runDir{path: path, lock: lock}, nil
}

func (r *runDir) file(name string) string { return filepath.Join(r.path, name) }

func (r *runDir) remove() error {
	return errors.Join(os.RemoveAll(r.path), r.lock.Close())
}

// newLogDir empties and takes a folder for logs under dir: name, or name-2 and so on while runs of that
// name live. Closing the lock gives the folder up; the logs stay.
func newLogDir(dir, name string) (string, *os.File, error) {
	for n := 1; ; n++ {
		path := filepath.Join(dir, name)
		if n > 1 {
			path = fmt.Sprintf("%s-%d", path, n)
		}
		if err := os.MkdirAll(path, 0o755); err != nil {
			return "", nil, fmt.Errorf("create the folder of logs: %w", err)
		}
		lock, err := lockFile(filepath.Join(path, "lock"), unix.LOCK_EX|unix.LOCK_NB)
		if errors.Is(err, unix.EWOULDBLOCK) {
			continue
		} else if err != nil {
			return "", nil, err
		}
		old, err := filepath.Glob(filepath.Join(path, "*.log"))
		for _, file := range old {
			err = errors.Join(err, os.Remove(file))
		}
		if err != nil {
			return "", nil, errors.Join(fmt.Errorf("empty the folder of logs: %w", err), lock.Close())
		}
		return path, lock, nil
	}
}

// lockFile opens a file, makes it if need be, and locks it (how: see flock(2)). Closing it, or the
// end of the process, gives the lock up.
func lockFile(path string, how int) (*os.File, error) {
	lock, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open a lock: %w", err)
	}
	for {
		err := unix.Flock(int(lock.Fd()), how)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock %q: %w", path, err), lock.Close())
		}
		return lock, nil
	}
}
