package alb

import (
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// forwardedFor is the X-Forwarded-For that a target gets, or empty for none (X-Forwarded-For).
func forwardedFor(received []string, client netip.AddrPort, mode string, withPort bool) string {
	before := strings.Join(received, ", ")
	switch mode {
	case "preserve":
		return before
	case "remove":
		return ""
	}
	last := client.Addr().Unmap().String()
	if withPort {
		last = netip.AddrPortFrom(client.Addr().Unmap(), client.Port()).String()
	}
	if before == "" {
		return last
	}
	return before + ", " + last
}

// hostHeader is the Host that a target gets unless Host is preserved: without a port on the default ports, and with the
// listener's port on others if the client named none (Host header preservation).
func hostHeader(host string, listener uint16) string {
	name, _, err := net.SplitHostPort(host)
	hasPort := err == nil
	if listener == 80 || listener == 443 {
		if hasPort && strings.Contains(name, ":") {
			return "[" + name + "]"
		}
		if hasPort {
			return name
		}
		return host
	}
	if hasPort {
		return host
	}
	return host + ":" + strconv.Itoa(int(listener))
}

// dropInvalid removes headers whose names are not letters, digits and hyphens (attribute
// routing.http.drop_invalid_header_fields.enabled).
func dropInvalid(header http.Header) {
	for name := range header {
		for i := range len(name) {
			c := name[i]
			if c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
				delete(header, name)
				break
			}
		}
	}
}
