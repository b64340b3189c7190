package server

import (
	"net/http/httputil"
	"net/netip"
	"slices"
)

// The headers in which proxies tell what they saw of the client. The standard
// library's reverse proxy has taken them, and Forwarded, out of what it sends.
const (
	forwardedFor   = "X-Forwarded-For"
	forwardedHost  = "X-Forwarded-Host"
	forwardedProto = "X-Forwarded-Proto"
)

// setForwarded tells the backend who asked, for which host, and how. What a
// trusted proxy in front says of that is added to, or kept. What anybody else
// says of it is dropped: it may be made up.
func (c *core) setForwarded(x *exchange, pr *httputil.ProxyRequest) {
	if x.trusted {
		pr.Out.Header[forwardedFor] = pr.In.Header[forwardedFor]
	}
	pr.SetXForwarded()
	if !x.trusted {
		return
	}
	for _, name := range []string{forwardedHost, forwardedProto} {
		if told := pr.In.Header[name]; len(told) > 0 {
			pr.Out.Header[name] = told
		}
	}
}

// trusts reports whether a client, by address and port, is a trusted proxy.
func (c *core) trusts(client string) bool {
	if len(c.trusted) == 0 {
		return false
	}
	from, err := netip.ParseAddrPort(client)
	if err != nil {
		return false
	}
	address := from.Addr().Unmap().WithZone("")
	return slices.ContainsFunc(c.trusted, func(p netip.Prefix) bool { return p.Contains(address) })
}
