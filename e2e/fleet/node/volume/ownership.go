package volume

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
)

// What a pod's fsGroup may do with the files of a volume: the kubelet's rule.
const (
	readOnlyMask  fs.FileMode = 0o440
	readWriteMask fs.FileMode = 0o660
	directoryMask fs.FileMode = 0o110
)

// group is the pod's fsGroup, nil for none.
func group(pod *corev1.Pod) *int64 {
	if pod.Spec.SecurityContext == nil {
		return nil
	}
	return pod.Spec.SecurityContext.FSGroup
}

// makeEmpty creates a directory that every user may write to.
func makeEmpty(dir string, group *int64) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("create directory: %w", err)
	}
	if err := os.Chmod(dir, 0o777); err != nil { // past the umask
		return fmt.Errorf("open directory to all: %w", err)
	}
	return own(dir, group, readWriteMask)
}

// own gives everything below a directory to a group.
func own(dir string, group *int64, mask fs.FileMode) error {
	if group == nil {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if err := os.Lchown(path, -1, int(*group)); err != nil {
			return fmt.Errorf("give to group %d: %w", *group, err)
		}
		if entry.Type()&fs.ModeSymlink != 0 {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return fmt.Errorf("read mode: %w", err)
		}
		mode := info.Mode() | mask
		if entry.IsDir() {
			mode |= fs.ModeSetgid | directoryMask
		}
		if err := os.Chmod(path, mode); err != nil {
			return fmt.Errorf("open to group %d: %w", *group, err)
		}
		return nil
	})
}
