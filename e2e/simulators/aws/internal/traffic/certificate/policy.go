package certificate

import (
	"crypto/tls"
	"strings"
)

// Versions are the oldest and newest protocol of a security policy (Security policies). The names tell: TLS13-1-2 has
// TLS 1.2 and 1.3, TLS13-1-3 has 1.3 alone, those without TLS13 end at 1.2, and a policy that names no version begins at
// 1.0. Ciphers are the TLS library's: policies are not told apart by them here.
func Versions(policy string) (oldest, newest uint16) {
	name := strings.TrimPrefix(policy, "ELBSecurityPolicy-")
	newest = tls.VersionTLS12
	rest, has13 := strings.CutPrefix(name, "TLS13-")
	if has13 {
		newest = tls.VersionTLS13
	} else {
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, "TLS-"), "FS-")
	}
	switch {
	case strings.HasPrefix(rest, "1-3"):
		return tls.VersionTLS13, newest
	case strings.HasPrefix(rest, "1-2"):
		return tls.VersionTLS12, newest
	case strings.HasPrefix(rest, "1-1"):
		return tls.VersionTLS11, newest
	default:
		return tls.VersionTLS10, newest
	}
}
