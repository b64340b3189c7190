package server

import (
	"io"
	"net/http"
)

// recorder notes what is answered. It is transparent to
// http.ResponseController.
type recorder struct {
	http.ResponseWriter
	exchange *exchange
	core     *core
	stall    stall
}

// Unwrap is for http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader notes a final status, and asks clients to go elsewhere with
// their next request while the proxy is draining.
func (w *recorder) WriteHeader(status int) {
	if status >= 200 {
		w.exchange.status = status
		if w.core.draining.Load() {
			w.Header().Set("Connection", "close")
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.exchange.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	w.stall.begin()
	n, err := w.ResponseWriter.Write(p)
	w.stall.end()
	w.exchange.bytes += int64(n)
	return n, err
}

// FlushError is for http.ResponseController.
func (w *recorder) FlushError() error {
	w.stall.begin()
	defer w.stall.end()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// answer answers for want of a backend's response.
func (w *recorder) answer(x *exchange, err error) {
	x.cause = err
	status := statusOf(err)
	if status == clientGone {
		x.status = status
		panic(http.ErrAbortHandler) // so that no response is made up
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, bodyOf(err, &x.request)) // the client's loss
}

// redirect answers with another location, edited by the rule's filters.
func (w *recorder) redirect(x *exchange, location string) {
	w.Header().Set("Location", location)
	x.match.Rule.Filters.Response.Apply(w.Header())
	if x.backend != nil {
		x.backend.Filters.Response.Apply(w.Header())
	}
	w.WriteHeader(x.status)
}
