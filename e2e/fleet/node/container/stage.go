package container

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// stageName is the program name under which the node's binary runs as the first process of a container.
const stageName = "fleet-container-stage"

// joinNamespace is the stage's argument when it inherits a network namespace.
const joinNamespace = "join"

// The stage inherits these files.
const (
	specFile      = 3 // the Spec as JSON
	errorFile     = 4 // what went wrong; closed without a word once the program runs
	namespaceFile = 5 // the pod's network namespace, absent for a pod on its node's network
)

// IsStage tells whether this process was started to become a container: main must then call Stage and nothing else.
func IsStage() bool { return os.Args[0] == stageName }

// Stage prepares the namespaces that the process was cloned into and becomes the container's program. It returns only to
// report, through the inherited file, why that was not possible.
func Stage() {
	runtime.LockOSThread()
	unix.CloseOnExec(errorFile)
	report := os.NewFile(errorFile, "error")
	if err := stage(); err != nil {
		if _, writeErr := io.WriteString(report, err.Error()); writeErr != nil {
			fmt.Fprintln(os.Stderr, errors.Join(err, writeErr))
		}
	}
	os.Exit(128)
}

func stage() error {
	var s Spec
	if err := readSpec(&s); err != nil {
		return fmt.Errorf("read the container's specification: %w", err)
	}
	if len(os.Args) > 1 && os.Args[1] == joinNamespace {
		if err := unix.Setns(namespaceFile, unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("join the pod's network namespace: %w", err)
		}
		unix.CloseOnExec(namespaceFile)
	}
	if err := unix.Sethostname([]byte(s.Hostname)); err != nil {
		return fmt.Errorf("set host name %q: %w", s.Hostname, err)
	}
	if err := buildRoot(&s); err != nil {
		return err
	}
	if err := os.Chdir(s.WorkingDir); err != nil {
		return fmt.Errorf("enter the working directory: %w", err)
	}
	program, err := lookUp(s.Command[0], s.Env)
	if err != nil {
		return err
	}
	if err := takeIdentity(&s); err != nil {
		return err
	}
	return fmt.Errorf("exec %s: %w", program, unix.Exec(program, s.Command, s.Env))
}

func readSpec(s *Spec) error {
	file := os.NewFile(specFile, "spec")
	defer file.Close() //nolint:errcheck // only read from
	return json.NewDecoder(file).Decode(s)
}

// takeIdentity gives up what the container may not have; the order matters, for each step needs what the next ones drop.
func takeIdentity(s *Spec) error {
	for c := range uintptr(unix.CAP_LAST_CAP + 1) {
		if s.Capabilities&(1<<c) != 0 {
			continue
		}
		// A kernel that is older than the constant does not know the last ones.
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) {
			return fmt.Errorf("drop capability %d: %w", c, err)
		}
	}
	if err := dropInheritable(); err != nil {
		return err
	}
	if err := unix.Setgroups(s.Groups); err != nil {
		return fmt.Errorf("set groups %v: %w", s.Groups, err)
	}
	if err := unix.Setresgid(s.GID, s.GID, s.GID); err != nil {
		return fmt.Errorf("set group %d: %w", s.GID, err)
	}
	if err := unix.Setresuid(s.UID, s.UID, s.UID); err != nil {
		return fmt.Errorf("set user %d: %w", s.UID, err)
	}
	if s.NoNewPrivileges {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return fmt.Errorf("set no new privileges: %w", err)
		}
	}
	// The change of user has cleared what the clone had asked for.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("tie the process to the node: %w", err)
	}
	return nil
}

// dropInheritable empties the set that would carry the node's capabilities past the bounding set.
func dropInheritable() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return fmt.Errorf("read capabilities: %w", err)
	}
	data[0].Inheritable, data[1].Inheritable = 0, 0
	if err := unix.Capset(&header, &data[0]); err != nil {
		return fmt.Errorf("drop inheritable capabilities: %w", err)
	}
	return nil
}

// lookUp finds a program as a shell of the container would.
func lookUp(name string, env []string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, entry := range env {
		path, ok := strings.CutPrefix(entry, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(path) {
			candidate := filepath.Join(dir, name)
			if info, err := os.Stat(candidate); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return candidate, nil
			}
		}
	}
	return "", fmt.Errorf("exec: %q: %w", name, exec.ErrNotFound)
}
