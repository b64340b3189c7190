package translate

import (
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// intersect gives the hosts that a listener's hostname and a route's have in
// common, as Attachment.Hostnames; none when they share no host.
func intersect(listener string, route []gatewayv1.Hostname) []string {
	if len(route) == 0 {
		if listener == "" {
			return []string{"*"}
		}
		return []string{listener}
	}
	var both []string
	for _, r := range route {
		if h, ok := common(listener, strings.ToLower(string(r))); ok {
			both = append(both, h)
		}
	}
	slices.Sort(both)
	return slices.Compact(both)
}

// common is the narrower of two hostnames, if one lies within the other.
func common(a, b string) (string, bool) {
	switch {
	case a == "" || a == b || within(b, a):
		return b, true
	case within(a, b):
		return a, true
	}
	return "", false
}

// within reports whether host lies below the wildcard.
func within(host, wildcard string) bool {
	suffix, ok := strings.CutPrefix(wildcard, "*")
	return ok && strings.HasSuffix(strings.TrimPrefix(host, "*"), suffix) && host != suffix
}

// union joins two sorted lists of hosts.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
