package member

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"syscall"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	fairway "fairway.dev/fairway/api/v1alpha1"
)

// kind is something that Fairway watches in a member.
type kind struct {
	object   client.Object
	list     client.ObjectList
	resource string
}

// name is what a reflector calls the kind.
func (k kind) name() string { return fmt.Sprintf("%T", k.object) }

// kinds are those that a member cannot be read without, ServiceExports first:
// they are the one whose definition may be missing.
func kinds() []kind {
	return []kind{
		{&mcsv1beta1.ServiceExport{}, &mcsv1beta1.ServiceExportList{}, "serviceexports.multicluster.x-k8s.io"},
		{&corev1.Service{}, &corev1.ServiceList{}, "services"},
		{&discoveryv1.EndpointSlice{}, &discoveryv1.EndpointSliceList{}, "endpointslices.discovery.k8s.io"},
	}
}

// nodeKind only says where endpoints are.
var nodeKind = kind{&corev1.Node{}, &corev1.NodeList{}, "nodes"}

const (
	// remedy ends what is said of a member that cannot be reached.
	remedy = "see that it runs, that the kubeconfig names it, and that the hub's pods can reach it"
	// maxAnswer is how much of what a member answers is shown, in characters.
	maxAnswer = 512
)

// cut cuts what a member says of itself to what there is room for.
func cut(s string, characters int) string {
	if r := []rune(s); len(r) > characters {
		return string(r[:characters])
	}
	return s
}

// noAnswer words an error of talking to a member for a condition: a reason,
// and a text that stays the same while the trouble does. Errors of the
// network name the local port of each attempt, so only their cores are used.
func noAnswer(server string, err error) (reason, message string) {
	var status apierrors.APIStatus
	var dns *net.DNSError
	var errno syscall.Errno
	var timeout net.Error
	var certificate *tls.CertificateVerificationError
	var name x509.HostnameError
	switch {
	case apierrors.IsUnauthorized(err):
		return fairway.ReasonUnauthorized, fmt.Sprintf("%s refuses the kubeconfig's credentials (401): renew them in the Secret (fairwayctl clusters join does that)", server)
	case apierrors.IsForbidden(err):
		return fairway.ReasonUnauthorized, fmt.Sprintf("%s does not let the kubeconfig's user read /version (403): bind it to the ClusterRole system:public-info-viewer", server)
	case errors.As(err, &status):
		return fairway.ReasonUnreachable, fmt.Sprintf("%s answers with an error: %s; see what it is not ready for (kubectl get --raw '/readyz?verbose' there)",
			server, cut(status.Status().Message, maxAnswer))
	case errors.As(err, &name):
		return fairway.ReasonUnreachable, fmt.Sprintf("%s shows a certificate for %s", server, otherNames(name))
	case errors.As(err, &certificate):
		return fairway.ReasonUnreachable, fmt.Sprintf("%s shows a certificate that cannot be verified: %s; correct clusters[].cluster.server of the kubeconfig if another cluster answers there, or else certificate-authority-data", server, certificate.Err)
	case errors.As(err, &dns) && !dns.IsNotFound:
		return fairway.ReasonUnreachable, fmt.Sprintf("%s cannot be reached: the hub's DNS gives no answer about %s; see that it runs, and that it reaches the servers of that name", server, dns.Name)
	case errors.As(err, &dns):
		return fairway.ReasonUnreachable, fmt.Sprintf("%s cannot be reached: no address for %s; correct clusters[].cluster.server of the kubeconfig", server, dns.Name)
	case errors.As(err, &errno):
		return fairway.ReasonUnreachable, fmt.Sprintf("%s cannot be reached: %s; "+remedy, server, errno.Error())
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fairway.ReasonUnreachable, fmt.Sprintf("%s gives no answer; "+remedy, server)
	}
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err
	}
	return fairway.ReasonUnreachable, fmt.Sprintf("%s cannot be reached: %s; "+remedy, server, cut(strings.TrimSuffix(err.Error(), "."), maxAnswer))
}

// otherNames words which names and addresses a certificate is for, and what
// to do about it.
func otherNames(e x509.HostnameError) string {
	names := slices.Clone(e.Certificate.DNSNames)
	for _, ip := range e.Certificate.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return fmt.Sprintf("no name at all, not for %s; give the server one for that", e.Host)
	}
	return fmt.Sprintf("%s, not for %s; put a name that it is for into clusters[].cluster.tls-server-name of the kubeconfig (fairwayctl clusters join --tls-server-name does that)",
		cut(strings.Join(names, ", "), maxAnswer), e.Host)
}

// notRead words why a kind could not be read.
func notRead(resource string, err error) string {
	switch {
	case apierrors.IsNotFound(err) && strings.HasSuffix(resource, mcsv1beta1.GroupName):
		return "the member has no ServiceExport of " + mcsv1beta1.GroupVersion.String() + ": install the MCS API's definition " + resource +
			" there (kubectl apply -f https://raw.githubusercontent.com/kubernetes-sigs/mcs-api/v0.5.2/config/crd/multicluster.x-k8s.io_serviceexports.yaml)"
	case apierrors.IsForbidden(err):
		return fmt.Sprintf("the kubeconfig's user may not list and watch %s: grant it get, list and watch", resource)
	case apierrors.IsUnauthorized(err):
		return fmt.Sprintf("the member refuses the kubeconfig's credentials when reading %s (401): renew them in the Secret (fairwayctl clusters join does that)", resource)
	case err != nil:
		_, message := noAnswer("the member's API server", err)
		return fmt.Sprintf("%s could not be read: %s", resource, message)
	}
	return fmt.Sprintf("%s could not be read within %s: see whether kubectl get %s -A answers there", resource, syncTimeout, resource)
}
