// Package rule says what an Application Load Balancer's rules make of a request: which rule matches, how its transforms
// change the request, where its redirect leads, and which target group its forward picks. It is pure: no I/O, no clock,
// no randomness of its own.
//
// Sources are named in comments: "Rule condition types", "Listener rules", "Transforms for listener rules" and so on
// are pages of the User Guide for Application Load Balancers; "API" is the ELBv2 API Reference. What neither says is
// marked as chosen here.
package rule

import (
	"net/http"
	"net/netip"
	"strings"
)

// Request is what conditions look at.
type Request struct {
	// Host is the Host header as the client sent it. A port in it stays: it is compared with host conditions as it is.
	Host string
	// Path and Query are as sent, without percent-decoding (chosen here: no page says that conditions decode). Query
	// is without its question mark.
	Path, Query string
	Method      string
	// Source is the client's address, never one of X-Forwarded-For ("Source IP address conditions").
	Source netip.Addr
	Header http.Header
}

// URL is the path with the query, if there is one: what a url-rewrite sees.
func (r *Request) URL() string {
	if r.Query == "" {
		return r.Path
	}
	return r.Path + "?" + r.Query
}

// hostname is the host without its port.
func hostname(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		return host[:i]
	}
	return host
}
