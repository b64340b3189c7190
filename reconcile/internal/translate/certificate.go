package translate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// CertificateSecrets are the Secrets that a Gateway's listeners name for their
// certificates, each once, whether or not the Gateway may use them.
func CertificateSecrets(gw *gatewayv1.Gateway) []types.NamespacedName {
	var all []types.NamespacedName
	for i := range gw.Spec.Listeners {
		l := &gw.Spec.Listeners[i]
		if l.Protocol != gatewayv1.HTTPSProtocolType || l.TLS == nil {
			continue
		}
		for j := range l.TLS.CertificateRefs {
			if key, isSecret := secretOf(&l.TLS.CertificateRefs[j], gw.Namespace); isSecret && !slices.Contains(all, key) {
				all = append(all, key)
			}
		}
	}
	return all
}

// MayUseSecret reports whether a Gateway may use a Secret: one of its own
// namespace, or one that a ReferenceGrant there gives it.
func MayUseSecret(gw *gatewayv1.Gateway, grants []*gatewayv1.ReferenceGrant, secret types.NamespacedName) bool {
	return reference{
		fromKind: "Gateway", fromNamespace: gw.Namespace,
		kind: "Secret", namespace: secret.Namespace, target: secret.Name,
	}.granted(grants)
}

func secretOf(ref *gatewayv1.SecretObjectReference, namespace string) (types.NamespacedName, bool) {
	key := types.NamespacedName{Namespace: namespace, Name: string(ref.Name)}
	if ref.Namespace != nil {
		key.Namespace = string(*ref.Namespace)
	}
	return key, value(ref.Group) == "" && (ref.Kind == nil || *ref.Kind == "Secret")
}

// certificates is what a listener's certificateRefs mean.
type certificates struct {
	usable []ir.Certificate // in the Gateway's order, each once
	// reason is of the first of problems.
	reason            gatewayv1.ListenerConditionReason
	problems, remarks []string
	// until is when one of usable ends, or is to be read again.
	until time.Time
}

func understandCertificates(s *snapshot.Gateway, spec *gatewayv1.Listener, field, hostname string, c providers.Capabilities) certificates {
	var out certificates
	fail := func(r gatewayv1.ListenerConditionReason, format string, args ...any) {
		out.reason = cmp.Or(out.reason, r)
		out.problems = append(out.problems, fmt.Sprintf(format, args...))
	}
	var refs []gatewayv1.SecretObjectReference
	if spec.TLS != nil {
		refs = spec.TLS.CertificateRefs
	}
	if len(refs) == 0 {
		fail(gatewayv1.ListenerReasonInvalidCertificateRef, "%s.tls.certificateRefs: an HTTPS listener needs a certificate; name a Secret of type kubernetes.io/tls", field)
	}
	for i := range refs {
		at := fmt.Sprintf("%s.tls.certificateRefs[%d]", field, i)
		key, isSecret := secretOf(&refs[i], s.Gateway.Namespace)
		if !isSecret {
			fail(gatewayv1.ListenerReasonInvalidCertificateRef, "%s.kind: %s of group %q cannot be a certificate; use Secret of group \"\"", at, cmp.Or(value(refs[i].Kind), "Secret"), value(refs[i].Group))
			continue
		}
		if !MayUseSecret(s.Gateway, s.Grants, key) {
			fail(gatewayv1.ListenerReasonRefNotPermitted, "%s.namespace: no ReferenceGrant in namespace %q lets Gateways of namespace %q refer to Secret %q; make one there, or use a Secret beside the Gateway", at, key.Namespace, s.Gateway.Namespace, key.Name)
			continue
		}
		held, exists := s.Certificates[key]
		if !exists {
			fail(gatewayv1.ListenerReasonInvalidCertificateRef, "%s.name: there is no Secret %s; make it, of type kubernetes.io/tls", at, key)
			continue
		}
		out.until = earlier(out.until, held.Again)
		if held.Problem != "" {
			message := fmt.Sprintf("%s: Secret %s: %s", at, key, held.Problem)
			if held.Usable {
				message += "; the certificate that it held before is still served"
			}
			fail(gatewayv1.ListenerReasonInvalidCertificateRef, "%s", message)
		}
		if !held.Usable {
			continue
		}
		cert := held.Certificate
		if !slices.Contains(c.KeyTypes, cert.KeyType) {
			fail(gatewayv1.ListenerReasonInvalidCertificateRef, "%s: Secret %s: its key is %s, and this class takes %s; make a certificate with such a key", at, key, cert.KeyType, joined(c.KeyTypes))
			continue
		}
		out.use(cert, at, hostname, s.At)
	}
	return out
}

// use adds a certificate, and what is to be said of it.
func (c *certificates) use(cert ir.Certificate, at, hostname string, now time.Time) {
	if slices.ContainsFunc(c.usable, func(o ir.Certificate) bool { return o.Name == cert.Name }) {
		return
	}
	c.usable = append(c.usable, cert)
	end := time.Unix(cert.NotAfter, 0).UTC()
	if !end.After(now) {
		c.remarks = append(c.remarks, fmt.Sprintf("%s: the certificate in Secret %s ended at %s, and clients will refuse it; renew it", at, cert.Name, end.Format(time.RFC3339)))
	} else {
		c.until = earlier(c.until, end)
	}
	if hostname != "" && !slices.ContainsFunc(cert.Hostnames, func(h string) bool { return covers(h, hostname) }) {
		c.remarks = append(c.remarks, fmt.Sprintf("%s: the certificate in Secret %s is not for %s (it is for: %s), and clients will refuse it; name one that is", at, cert.Name, hostname, shorten(joined(cert.Hostnames))))
	}
}

// covers reports whether a name of a certificate is good for a host. Its
// wildcard stands for one label, unlike a listener's.
func covers(name, host string) bool {
	if name == host {
		return true
	}
	domain, wild := strings.CutPrefix(name, "*.")
	_, rest, _ := strings.Cut(host, ".")
	return wild && rest == domain
}

// earlier is the first of two times; zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
