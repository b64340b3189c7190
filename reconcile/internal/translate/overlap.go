package translate

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/conditions"
)

// overlapping gives, for a listener that terminates TLS, the condition that
// names the listeners of its port whose hosts or certificates overlap with its
// own. Nil if there is none.
func (l *listeners) overlapping(index int, certificates []uint64) *metav1.Condition {
	one := &l.all[index]
	var byHost, byCertificate []gatewayv1.SectionName
	for i := range l.all {
		other := &l.all[i]
		if i == index || other.port != one.port || !other.tls || other.conflicted {
			continue
		}
		if len(intersect(one.hostname, hostnames(other.hostname))) > 0 {
			byHost = append(byHost, other.name)
		}
		if certificates[index]&(1<<i) != 0 {
			byCertificate = append(byCertificate, other.name)
		}
	}
	const why = "a client that reuses a connection may send the requests for one over that of the other"
	var c metav1.Condition
	switch {
	case len(byCertificate) > 0:
		c = conditions.ListenerOverlappingTLS(gatewayv1.ListenerReasonOverlappingCertificates, fmt.Sprintf(
			"spec.listeners[%d].tls.certificateRefs: a certificate is also good for what listener %s is certified for: %s; to keep them apart give them certificates that have no hostname in common", index, joined(byCertificate), why))
	case len(byHost) > 0:
		c = conditions.ListenerOverlappingTLS(gatewayv1.ListenerReasonOverlappingHostnames, fmt.Sprintf(
			"spec.listeners[%d].hostname: listener %s has hosts in common with it: %s; to keep them apart give them hostnames that have no host in common", index, joined(byHost), why))
	default:
		return nil
	}
	return &c
}

func hostnames(h string) []gatewayv1.Hostname {
	if h == "" {
		return nil
	}
	return []gatewayv1.Hostname{gatewayv1.Hostname(h)}
}

// sharing gives, for each listener, a bit for each other one with a
// certificate for the same name. A Gateway has at most 64 listeners.
func sharing(all [][]ir.Certificate) []uint64 {
	named, below := map[string]uint64{}, map[string]uint64{}
	each(all, func(i int, name, domain string) {
		named[name] |= 1 << i
		below[domain] |= 1 << i
	})
	out := make([]uint64, len(all))
	each(all, func(i int, name, domain string) {
		out[i] |= named[name] | named["*."+domain]
		if strings.HasPrefix(name, "*.") {
			out[i] |= below[domain]
		}
	})
	return out
}

// each visits the names that listeners are certified for, with the domain
// above each.
func each(all [][]ir.Certificate, visit func(listener int, name, domain string)) {
	for i, certificates := range all {
		for _, c := range certificates {
			for _, name := range c.Hostnames {
				_, domain, _ := strings.Cut(name, ".")
				visit(i, name, domain)
			}
		}
	}
}
