package filter

import (
	"fmt"
	"strconv"
	"strings"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/proxy/request"
)

// Redirect answers a request with another location.
type Redirect struct {
	// Status is the answer's status code.
	Status   int
	scheme   string
	hostname string
	port     uint16
	path     *path
}

func compileRedirect(r *ir.Redirect) (*Redirect, error) {
	switch r.Status {
	case 301, 302, 303, 307, 308:
	default:
		return nil, fmt.Errorf("the status %d is none of 301, 302, 303, 307 and 308", r.Status)
	}
	if r.Scheme != "" && wellKnownPort(r.Scheme) == 0 {
		return nil, fmt.Errorf("the scheme %q is neither http nor https", r.Scheme)
	}
	if !validHostname(r.Hostname) {
		return nil, fmt.Errorf("%q is not a hostname", r.Hostname)
	}
	p, err := compilePath(r.Path)
	if err != nil {
		return nil, err
	}
	return &Redirect{Status: r.Status, scheme: r.Scheme, hostname: r.Hostname, port: r.Port, path: p}, nil
}

// Location is where the client is sent, when the rule matched the first n
// elements of the path and the request came in on a listener's port. The
// port follows HTTPRequestRedirectFilter: the filter's own, or the well-known
// one of the filter's scheme, or the listener's; and it is left out where the
// scheme implies it.
func (d *Redirect) Location(r *request.Request, port uint16, n int) string {
	target := d.path.apply(r.RawPath, n)
	if r.RawQuery != "" {
		target += "?" + r.RawQuery
	}
	scheme, host := r.Scheme, r.Host
	if d.scheme != "" {
		scheme, port = d.scheme, wellKnownPort(d.scheme)
	}
	if d.hostname != "" {
		host = d.hostname
	}
	if d.port != 0 {
		port = d.port
	}
	if host == "" {
		// A client that names no host gets a location without one. It must
		// not begin with two slashes, which would make the path a host.
		return "/" + strings.TrimLeft(target, "/")
	}
	location := scheme + "://" + host
	if port != wellKnownPort(scheme) {
		location += ":" + strconv.Itoa(int(port))
	}
	return location + target
}

// wellKnownPort is a scheme's own port, and 0 for a scheme that is not known.
func wellKnownPort(scheme string) uint16 {
	switch scheme {
	case "http":
		return 80
	case "https":
		return 443
	}
	return 0
}
