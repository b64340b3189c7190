package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// isolate makes the mount namespace the fleet's own: no mount spreads to the outside, and /proc
// shows the fleet's processes.
func isolate() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := unix.Sethostname([]byte("fleet")); err != nil {
		return fmt.Errorf("set the host name: %w", err)
	}
	return nil
}

// mountState mounts memory over the folder that holds the clusters' data. Only the fleet sees it.
func mountState(dir string) error {
	if err := unix.Mount("fleet", dir, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mount the state folder %q: %w", dir, err)
	}
	return nil
}
