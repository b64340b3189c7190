package pod

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"fairway.dev/fairway/e2e/fleet/node/container"
)

// identity is who a container runs as and what it may do.
type identity struct {
	uid, gid        int64
	groups          []int
	capabilities    uint64
	noNewPrivileges bool
	readOnlyRoot    bool
}

// identify applies the pod's and the container's security context over the image's user.
func identify(pod *corev1.Pod, c *corev1.Container, image Image) (identity, error) {
	p, s := ptr.Deref(pod.Spec.SecurityContext, corev1.PodSecurityContext{}), ptr.Deref(c.SecurityContext, corev1.SecurityContext{})
	id := identity{uid: image.User}
	if user := first(s.RunAsUser, p.RunAsUser); user != nil {
		id.uid = *user
	}
	if id.uid == image.User { // others are not in the image's list of users, and then the group is root's
		id.gid = image.User
	}
	if group := first(s.RunAsGroup, p.RunAsGroup); group != nil {
		id.gid = *group
	}
	if ptr.Deref(first(s.RunAsNonRoot, p.RunAsNonRoot), false) && id.uid == 0 {
		return id, &reject{"CreateContainerConfigError", "container has runAsNonRoot and would run as root"}
	}
	for _, g := range p.SupplementalGroups {
		id.groups = append(id.groups, int(g))
	}
	if p.FSGroup != nil {
		id.groups = append(id.groups, int(*p.FSGroup))
	}
	id.readOnlyRoot = ptr.Deref(s.ReadOnlyRootFilesystem, false)
	privileged := ptr.Deref(s.Privileged, false)
	id.noNewPrivileges = !privileged && !ptr.Deref(s.AllowPrivilegeEscalation, true)
	capabilities, err := allowed(s.Capabilities, privileged)
	if err != nil {
		return id, &reject{"CreateContainerConfigError", err.Error()}
	}
	id.capabilities = capabilities
	return id, nil
}

func first[T any](values ...*T) *T {
	for _, v := range values {
		if v != nil {
			return v
		}
	}
	return nil
}

// capabilityNames are all capabilities, at the index of their numbers (linux/capability.h).
var capabilityNames = strings.Fields(`CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
	NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
	SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG
	WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`)

// allowed is the set of capabilities after what is added and dropped.
func allowed(c *corev1.Capabilities, privileged bool) (uint64, error) {
	all := uint64(1)<<len(capabilityNames) - 1
	if privileged {
		return all, nil
	}
	set := container.DefaultCapabilities
	if c == nil {
		return set, nil
	}
	if slices.Contains(c.Add, "ALL") {
		set = all
	}
	if slices.Contains(c.Drop, "ALL") {
		set = 0
	}
	for _, name := range c.Add {
		bit, err := capability(name)
		if err != nil {
			return 0, err
		}
		set |= bit
	}
	for _, name := range c.Drop {
		bit, err := capability(name)
		if err != nil {
			return 0, err
		}
		set &^= bit
	}
	return set, nil
}

// capability is the bit of a name; ALL has none of its own.
func capability(name corev1.Capability) (uint64, error) {
	if name == "ALL" {
		return 0, nil
	}
	number := slices.Index(capabilityNames, strings.TrimPrefix(strings.ToUpper(string(name)), "CAP_"))
	if number < 0 {
		return 0, fmt.Errorf("unknown capability %q", name)
	}
	return 1 << number, nil
}
