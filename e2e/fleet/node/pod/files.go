package pod

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// clusterDomain is the domain of Service names.
const clusterDomain = "cluster.local"

// users are the accounts of every image: root, and the one of the usual images without a shell.
const users = "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"

// groupsFile has the groups of the users.
const groupsFile = "root:x:0:\nnonroot:x:65532:\n"

// files are what a kubelet and a runtime write into a container.
func files(pod *corev1.Pod, address, resolver netip.Addr) map[string]string {
	return map[string]string{
		"/etc/hostname":    hostname(pod) + "\n",
		"/etc/hosts":       hosts(pod, address),
		"/etc/resolv.conf": resolvConf(pod, resolver),
		"/etc/passwd":      users,
		"/etc/group":       groupsFile,
	}
}

// hostname is the pod's own, or its name, cut to what a host name may be.
func hostname(pod *corev1.Pod) string {
	name := cmp.Or(pod.Spec.Hostname, pod.Name)
	if len(name) > 63 {
		name = strings.TrimRight(name[:63], "-.")
	}
	return name
}

func hosts(pod *corev1.Pod, address netip.Addr) string {
	var b strings.Builder
	b.WriteString("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n")
	names := hostname(pod)
	if pod.Spec.Subdomain != "" {
		names = fmt.Sprintf("%s.%s.%s.svc.%s\t%s", names, pod.Spec.Subdomain, pod.Namespace, clusterDomain, names)
	}
	fmt.Fprintf(&b, "%s\t%s\n", address, names)
	for _, alias := range pod.Spec.HostAliases {
		fmt.Fprintf(&b, "%s\t%s\n", alias.IP, strings.Join(alias.Hostnames, "\t"))
	}
	return b.String()
}

// resolvConf follows the pod's DNS policy. There is no DNS outside of the cluster, so that every policy but None means the
// cluster's.
func resolvConf(pod *corev1.Pod, resolver netip.Addr) string {
	var servers, searches, options []string
	if pod.Spec.DNSPolicy != corev1.DNSNone {
		servers = []string{resolver.String()}
		searches = []string{pod.Namespace + ".svc." + clusterDomain, "svc." + clusterDomain, clusterDomain}
		options = []string{"ndots:5"}
	}
	if c := pod.Spec.DNSConfig; c != nil {
		servers, searches = append(servers, c.Nameservers...), append(searches, c.Searches...)
		for _, o := range c.Options {
			option := o.Name
			if value := ptr.Deref(o.Value, ""); value != "" {
				option += ":" + value
			}
			options = append(options, option)
		}
	}
	var b strings.Builder
	if len(searches) > 0 {
		fmt.Fprintf(&b, "search %s\n", strings.Join(searches, " "))
	}
	for _, s := range servers {
		fmt.Fprintf(&b, "nameserver %s\n", s)
	}
	if len(options) > 0 {
		fmt.Fprintf(&b, "options %s\n", strings.Join(options, " "))
	}
	return b.String()
}
