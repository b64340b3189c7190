package alb

import "net/http"

// recorder writes a response, with the headers that the listener sets on every one of them.
type recorder struct {
	http.ResponseWriter
	settings *listenerSettings
	status   int
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if status >= http.StatusOK || status == http.StatusSwitchingProtocols {
		r.status = status
		r.dress(r.Header())
	}
	r.ResponseWriter.WriteHeader(status)
}

// dress changes the header as the listener's attributes say (HTTP header modification).
func (r *recorder) dress(header http.Header) {
	for _, h := range r.settings.response {
		header.Set(h.name, h.value)
	}
	// "disable the ALB generated Server header": a target's own stays.
	if r.settings.hideServer && header.Get("Server") == server {
		header.Del("Server")
	}
	// A response without a type stays without: the server below would guess one.
	if _, ok := header["Content-Type"]; !ok {
		header["Content-Type"] = nil
	}
}
