package pod

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"fairway.dev/fairway/e2e/fleet/node/container"
)

func TestRepositoryOf(t *testing.T) {
	for reference, want := range map[string]string{
		"fairway": "fairway", "example.com/a/b:v1": "example.com/a/b", "localhost:5000/a": "localhost:5000/a",
		"localhost:5000/a:v1@sha256:0123": "localhost:5000/a",
	} {
		if got := repositoryOf(reference); got != want {
			t.Errorf("%s: got %s", reference, got)
		}
	}
}

func TestIdentify(t *testing.T) {
	image := Image{User: 65532}
	pod := &corev1.Pod{Spec: corev1.PodSpec{SecurityContext: &corev1.PodSecurityContext{
		RunAsNonRoot: ptr.To(true), FSGroup: ptr.To[int64](7), SupplementalGroups: []int64{8},
	}}}
	c := &corev1.Container{SecurityContext: &corev1.SecurityContext{
		AllowPrivilegeEscalation: ptr.To(false), ReadOnlyRootFilesystem: ptr.To(true),
		Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: []corev1.Capability{"NET_BIND_SERVICE"}},
	}}
	id, err := identify(pod, c, image)
	if err != nil || id.uid != 65532 || id.gid != 65532 || id.capabilities != 1<<10 || !id.noNewPrivileges || !id.readOnlyRoot || len(id.groups) != 2 {
		t.Errorf("identity %+v (%v)", id, err)
	}
	c.SecurityContext.RunAsUser = ptr.To[int64](1000)
	if id, err = identify(pod, c, image); err != nil || id.uid != 1000 || id.gid != 0 {
		t.Errorf("identity %+v (%v)", id, err)
	}
	c.SecurityContext.RunAsUser = ptr.To[int64](0)
	var rejected *reject
	if _, err = identify(pod, c, image); !errors.As(err, &rejected) || rejected.reason != "CreateContainerConfigError" {
		t.Errorf("root in spite of runAsNonRoot: %v", err)
	}
	id, err = identify(&corev1.Pod{}, &corev1.Container{}, Image{})
	if err != nil || id.uid != 0 || id.capabilities != container.DefaultCapabilities || id.noNewPrivileges || id.readOnlyRoot {
		t.Errorf("identity of a container without wishes: %+v (%v)", id, err)
	}
}

func TestFiles(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web-0"}}
	pod.Spec.Subdomain = "web"
	pod.Spec.HostAliases = []corev1.HostAlias{{IP: "192.0.2.1", Hostnames: []string{"one", "two"}}}
	got := files(pod, netip.MustParseAddr("10.64.1.1"), netip.MustParseAddr("10.128.0.10"))
	if want := "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.128.0.10\noptions ndots:5\n"; got["/etc/resolv.conf"] != want {
		t.Errorf("resolv.conf %q, want %q", got["/etc/resolv.conf"], want)
	}
	for _, want := range []string{"10.64.1.1\tweb-0.web.shop.svc.cluster.local\tweb-0\n", "192.0.2.1\tone\ttwo\n"} {
		if !strings.Contains(got["/etc/hosts"], want) {
			t.Errorf("hosts %q lacks %q", got["/etc/hosts"], want)
		}
	}
	pod.Spec.DNSPolicy = corev1.DNSNone
	pod.Spec.DNSConfig = &corev1.PodDNSConfig{Nameservers: []string{"192.0.2.53"}, Options: []corev1.PodDNSConfigOption{{Name: "timeout", Value: ptr.To("1")}}}
	if got := resolvConf(pod, netip.MustParseAddr("10.128.0.10")); got != "nameserver 192.0.2.53\noptions timeout:1\n" {
		t.Errorf("resolv.conf without the cluster's DNS: %q", got)
	}
	pod.Name = strings.Repeat("x", 62) + "-y"
	if got := hostname(pod); got != strings.Repeat("x", 62) {
		t.Errorf("long host name: %q", got)
	}
}
