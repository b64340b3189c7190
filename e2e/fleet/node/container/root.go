package container

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// rootSize limits what a container may write to its root file system, which is memory.
const rootSize = "size=256m,mode=0755"

// devices are all that a container sees below /dev.
var devices = []string{"null", "zero", "full", "random", "urandom", "tty"}

// buildRoot makes the container's file system and moves into it. It must run in a mount namespace of the container's own.
func buildRoot(s *Spec) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("tmpfs", s.Root, "tmpfs", unix.MS_NOSUID, rootSize); err != nil {
		return fmt.Errorf("mount the root file system: %w", err)
	}
	if err := populate(s); err != nil {
		return err
	}
	mounts := []Mount{{Source: s.Binary, Target: s.Entrypoint, ReadOnly: true}}
	for _, device := range devices {
		mounts = append(mounts, Mount{Source: "/dev/" + device, Target: "/dev/" + device})
	}
	for _, m := range append(mounts, s.Mounts...) {
		if err := bind(s.Root, m); err != nil {
			return fmt.Errorf("mount %s: %w", m.Target, err)
		}
	}
	if err := unix.Mount("proc", filepath.Join(s.Root, "proc"), "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	return enter(s)
}

// populate creates what every image has, and the container's own files.
func populate(s *Spec) error {
	for _, dir := range []string{"dev", "etc", "proc", "tmp", "usr/local/bin", "var", s.WorkingDir} {
		if err := os.MkdirAll(filepath.Join(s.Root, dir), 0o755); err != nil {
			return fmt.Errorf("create directory: %w", err)
		}
	}
	if err := os.Chmod(filepath.Join(s.Root, "tmp"), 0o777|os.ModeSticky); err != nil {
		return fmt.Errorf("open /tmp to all: %w", err)
	}
	for link, target := range map[string]string{
		"dev/fd": "/proc/self/fd", "dev/stdin": "/proc/self/fd/0", "dev/stdout": "/proc/self/fd/1", "dev/stderr": "/proc/self/fd/2",
		"usr/local/bin/" + filepath.Base(s.Entrypoint): s.Entrypoint,
	} {
		if err := os.Symlink(target, filepath.Join(s.Root, link)); err != nil {
			return fmt.Errorf("create link: %w", err)
		}
	}
	for path, content := range s.Files {
		file := filepath.Join(s.Root, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("create directory: %w", err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			return fmt.Errorf("write file: %w", err)
		}
	}
	return nil
}

// bind shows a file or directory below root.
func bind(root string, m Mount) error {
	info, err := os.Stat(m.Source)
	if err != nil {
		return fmt.Errorf("stat source: %w", err)
	}
	target := filepath.Join(root, m.Target)
	if !strings.HasPrefix(target, root+"/") {
		return fmt.Errorf("target %q is not below the root", m.Target)
	}
	if err := mountPoint(target, info.IsDir()); err != nil {
		return err
	}
	if err := unix.Mount(m.Source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	if m.ReadOnly {
		if err := unix.Mount("", target, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|keptFlags(target), ""); err != nil {
			return fmt.Errorf("make read-only: %w", err)
		}
	}
	return nil
}

// mountPoint makes sure that there is something to mount on; inside of another volume it may exist already.
func mountPoint(target string, dir bool) error {
	if _, err := os.Lstat(target); err == nil {
		return nil
	}
	if dir {
		if err := os.MkdirAll(target, 0o755); err != nil {
			return fmt.Errorf("create mount point: %w", err)
		}
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return fmt.Errorf("create mount point: %w", err)
	}
	if err := os.WriteFile(target, nil, 0o644); err != nil {
		return fmt.Errorf("create mount point: %w", err)
	}
	return nil
}

// keptFlags are the flags of the file system below that a remount may not lose.
func keptFlags(path string) uintptr {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return 0
	}
	return uintptr(st.Flags) & (unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME | unix.MS_RELATIME)
}

// enter makes the container's file system the root and forgets the old one.
func enter(s *Spec) error {
	if err := os.Chdir(s.Root); err != nil {
		return fmt.Errorf("enter the root: %w", err)
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("pivot root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("forget the old root: %w", err)
	}
	if s.ReadOnlyRoot {
		if err := unix.Mount("", "/", "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|unix.MS_NOSUID, ""); err != nil {
			return fmt.Errorf("make the root read-only: %w", err)
		}
	}
	return nil
}
