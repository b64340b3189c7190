package alb

import (
	"net/http"
	"strings"
)

// Limits of requests (HTTP 400 and HTTP 463, Troubleshoot).
const (
	maxLine       = 16 << 10
	maxHeader     = 16 << 10
	maxHeaders    = 64 << 10
	maxForwarders = 30
)

// refuse is the status that a request is refused with before any rule is asked, or 0.
func refuse(r *http.Request) int {
	if len(r.RequestURI) > maxLine {
		return http.StatusRequestURITooLong
	}
	// "The client used the TRACE method, which is not supported" (HTTP 405, Troubleshoot).
	if r.Method == http.MethodTrace {
		return http.StatusMethodNotAllowed
	}
	total := len(r.Method) + len(r.RequestURI) + len(r.Proto) + len(r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			size := len(name) + len(": ") + len(value)
			if size > maxHeader {
				return http.StatusBadRequest
			}
			total += size + len("\r\n")
		}
	}
	if total > maxHeaders {
		return http.StatusBadRequest
	}
	forwarders := 0
	for _, value := range r.Header["X-Forwarded-For"] {
		forwarders += 1 + strings.Count(value, ",")
	}
	if forwarders > maxForwarders {
		return statusTooManyForwarders
	}
	return 0
}

// incompatible says whether a request cannot go to a group of a protocol version (HTTP 464, Troubleshoot; the table of
// Protocol version).
func incompatible(r *http.Request, version string) bool {
	grpc := strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc")
	switch version {
	case "HTTP2":
		return r.ProtoMajor < 2
	case "GRPC":
		return r.ProtoMajor < 2 || r.Method != http.MethodPost
	default:
		return grpc
	}
}
