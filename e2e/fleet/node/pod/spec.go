package pod

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"fairway.dev/fairway/e2e/fleet/node/container"
	"fairway.dev/fairway/e2e/fleet/node/environ"
	"fairway.dev/fairway/e2e/fleet/node/volume"
)

// searchPath is the PATH of an image that sets none.
const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// terminationLog is the file, on this machine, in which a container leaves its last words.
func (w *Worker) terminationLog(c *corev1.Container) string {
	return filepath.Join(w.dir, "containers", c.Name, "termination-log")
}

// specify turns a container of a pod, whose status holds its addresses, into what to run.
func (w *Worker) specify(ctx context.Context, pod *corev1.Pod, c *corev1.Container) (container.Spec, error) {
	var spec container.Spec
	image, err := w.host.image(c.Image)
	if err != nil {
		return spec, err
	}
	id, err := identify(pod, c, image)
	if err != nil {
		return spec, err
	}
	env, err := w.host.Environment.Resolve(ctx, pod, c, map[string]string{"PATH": searchPath, "HOSTNAME": hostname(pod)})
	if err != nil {
		return spec, &reject{"CreateContainerConfigError", err.Error()}
	}
	mounts, err := w.mounts(pod, c)
	if err != nil {
		return spec, &reject{"CreateContainerConfigError", err.Error()}
	}
	command := environ.Words(c.Command, env)
	if len(command) == 0 {
		command = []string{image.entrypoint()}
	}
	return container.Spec{
		Root:            filepath.Join(w.host.State, "root"),
		Hostname:        hostname(pod),
		Binary:          image.Path,
		Entrypoint:      image.entrypoint(),
		Command:         append(command, environ.Words(c.Args, env)...),
		Env:             environ.List(env),
		WorkingDir:      cmp.Or(c.WorkingDir, "/"),
		Files:           files(pod, w.address, w.host.Resolver),
		Mounts:          mounts,
		ReadOnlyRoot:    id.readOnlyRoot,
		UID:             int(id.uid),
		GID:             int(id.gid),
		Groups:          id.groups,
		Capabilities:    id.capabilities,
		NoNewPrivileges: id.noNewPrivileges,
	}, nil
}

// mounts are a container's volumes and its termination log, outer ones first.
func (w *Worker) mounts(pod *corev1.Pod, c *corev1.Container) ([]container.Mount, error) {
	last := w.terminationLog(c)
	if err := os.MkdirAll(filepath.Dir(last), 0o755); err != nil {
		return nil, fmt.Errorf("create the container's directory: %w", err)
	}
	if err := os.WriteFile(last, nil, 0o666); err != nil {
		return nil, fmt.Errorf("create the termination log: %w", err)
	}
	if err := os.Chmod(last, 0o666); err != nil { // past the umask: any user may write it
		return nil, fmt.Errorf("open the termination log to all: %w", err)
	}
	mounts := []container.Mount{{Source: last, Target: cmp.Or(c.TerminationMessagePath, corev1.TerminationMessagePathDefault)}}
	for _, m := range c.VolumeMounts {
		i := slices.IndexFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
		if i < 0 {
			return nil, fmt.Errorf("the pod has no volume %q", m.Name)
		}
		source := filepath.Join(w.volumes.Path(m.Name), m.SubPath)
		if m.SubPath != "" && pod.Spec.Volumes[i].EmptyDir != nil {
			if err := os.MkdirAll(source, 0o777); err != nil {
				return nil, fmt.Errorf("create path %q of volume %q: %w", m.SubPath, m.Name, err)
			}
		}
		readOnly := m.ReadOnly || volume.ReadOnly(&pod.Spec.Volumes[i])
		mounts = append(mounts, container.Mount{Source: source, Target: filepath.Clean("/" + m.MountPath), ReadOnly: readOnly})
	}
	slices.SortStableFunc(mounts, func(a, b container.Mount) int { return cmp.Compare(a.Target, b.Target) })
	return mounts, nil
}
