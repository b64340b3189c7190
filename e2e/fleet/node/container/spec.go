// Package container runs one process the way a container runtime would: in namespaces of its own, on a root file system
// that holds nothing but the program and what is mounted for it. There is no image and no cgroup.
package container

import "golang.org/x/sys/unix"

// Spec says what to run and what it sees.
type Spec struct {
	// Root is an empty directory. The container's file system is mounted there in the container's own mount namespace,
	// so that all containers may share it and none leaves anything behind.
	Root string
	// Hostname is the name of the container's UTS namespace.
	Hostname string
	// Binary is the program on this machine; Entrypoint is its path in the container.
	Binary, Entrypoint string
	// Command is the whole argument vector; its first word is looked up in the container.
	Command []string
	// Env is the whole environment, as NAME=value.
	Env []string
	// WorkingDir is the directory that the program starts in; "/" if empty.
	WorkingDir string
	// Files are written into the root file system, by absolute path.
	Files map[string]string
	// Mounts are bind mounts, in order.
	Mounts []Mount
	// ReadOnlyRoot makes everything but the mounts read-only.
	ReadOnlyRoot bool
	// UID, GID and Groups are the identity of the process.
	UID, GID int
	Groups   []int
	// Capabilities is the bounding set, as a mask of CAP_ numbers. As with any runtime, only root has them at the start.
	Capabilities uint64
	// NoNewPrivileges keeps the process from gaining privileges by executing a file.
	NoNewPrivileges bool
}

// Mount shows a file or directory of this machine in the container.
type Mount struct {
	Source, Target string
	ReadOnly       bool
}

// DefaultCapabilities is what the usual runtimes leave to a container that asks for nothing.
const DefaultCapabilities uint64 = 1<<unix.CAP_CHOWN | 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_FSETID |
	1<<unix.CAP_FOWNER | 1<<unix.CAP_MKNOD | 1<<unix.CAP_NET_RAW | 1<<unix.CAP_SETGID | 1<<unix.CAP_SETUID |
	1<<unix.CAP_SETFCAP | 1<<unix.CAP_SETPCAP | 1<<unix.CAP_NET_BIND_SERVICE | 1<<unix.CAP_SYS_CHROOT |
	1<<unix.CAP_KILL | 1<<unix.CAP_AUDIT_WRITE
