package server

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"golang.org/x/net/http/httpguts"

	"fairway.dev/fairway/providers/local/proxy/upstream"
)

// forwarding is the net/http engine's way to a backend for one exchange: the
// standard library's reverse proxy does hop-by-hop headers, informational
// responses, streaming, trailers and upgrades; its hooks are methods here.
type forwarding struct {
	*exchange
	engine *netHTTP
	writer *recorder
	end    func() // of counting at the endpoint; nil when nothing is counted
	body   *body  // the request's, if it has one
}

func (e *netHTTP) forward(w *recorder, r *http.Request, x *exchange) {
	f := &forwarding{exchange: x, engine: e, writer: w}
	defer f.done()
	if httpguts.HeaderValuesContainsToken(r.Header["Upgrade"], "h2c") {
		// In cleartext HTTP/2 the client could ask this backend for anything,
		// past all rules. An upgrade may always be ignored (RFC 9110, 7.8).
		r.Header.Del("Upgrade")
		r.Header.Del("Http2-Settings")
	}
	proxy := httputil.ReverseProxy{
		Rewrite:        f.rewrite,
		Transport:      f,
		ModifyResponse: f.modify,
		ErrorHandler:   f.fail,
		FlushInterval:  -1, // what a backend sends, the client gets
		BufferPool:     e.buffers,
		ErrorLog:       e.errorLog,
	}
	proxy.ServeHTTP(w, r)
}

// rewrite makes the request that the backend gets.
func (f *forwarding) rewrite(pr *httputil.ProxyRequest) {
	r, rule, backend := &f.request, &f.match.Rule.Filters, &f.backend.Filters
	rewrite := backend.Rewrite.Over(rule.Rewrite)
	path := rewrite.Path(r, f.match.Elements)
	decoded, err := url.PathUnescape(path)
	if err != nil {
		decoded = path // both are checked before: the request's and the rule's
	}
	pr.Out.URL = &url.URL{
		Scheme: "http", Path: decoded, RawPath: path,
		RawQuery: pr.In.URL.RawQuery, ForceQuery: pr.In.URL.ForceQuery,
	}
	pr.Out.Host = rewrite.Authority(r)
	// The same map, so that trailers that come after the body are sent on.
	pr.Out.Trailer = pr.In.Trailer
	if pr.Out.Body != nil {
		f.body = &body{ReadCloser: pr.Out.Body, stall: stalledReads(f.writer.ResponseWriter, f.engine.config.StallTimeout)}
		if limit := f.engine.config.BodyBytes; limit > 0 {
			f.body.ReadCloser = http.MaxBytesReader(f.writer.ResponseWriter, pr.Out.Body, limit)
		}
		pr.Out.Body = f.body
	}
	f.engine.core.setForwarded(f.exchange, pr)
	rule.Request.Apply(pr.Out.Header)
	backend.Request.Apply(pr.Out.Header)
}

// RoundTrip sends the request to an endpoint of the backend's pool, and to
// another one when that accepts no connection: then nothing was sent yet.
func (f *forwarding) RoundTrip(r *http.Request) (*http.Response, error) {
	core := f.engine.core
	var tried []*upstream.Endpoint
	lastErr := error(errNoEndpoint)
	for len(tried) <= core.retries {
		endpoint := core.pools.Choose(f.backend.Pool, tried...)
		if endpoint == nil {
			return nil, lastErr
		}
		response, err := f.try(r, endpoint)
		if err == nil {
			return response, nil
		}
		var connect *upstream.ConnectError
		if !errors.As(err, &connect) {
			return nil, f.broken(r, err)
		}
		if r.Context().Err() != nil {
			return nil, r.Context().Err()
		}
		endpoint.Refused(time.Now())
		f.series.connectFailed()
		if f.body != nil && f.body.read.Load() {
			return nil, err
		}
		tried, lastErr = append(tried, endpoint), err
	}
	return nil, lastErr
}

// broken is why a request that was being sent has no answer.
func (f *forwarding) broken(r *http.Request, err error) error {
	var failure *cause
	if f.body != nil {
		failure = f.body.failure.Load()
	}
	switch gone := r.Context().Err(); {
	case failure != nil && (gone == nil || failure != errBody):
		return failure // our own doing also ends the context
	case gone != nil:
		return gone
	default:
		return err
	}
}

func (f *forwarding) try(r *http.Request, endpoint *upstream.Endpoint) (*http.Response, error) {
	f.done()
	f.endpoint, f.end = endpoint, endpoint.Begin()
	out := r.WithContext(r.Context()) // a copy: requests are not to be changed
	to := *r.URL
	to.Host = endpoint.Address
	out.URL = &to
	return f.engine.transport.RoundTrip(out)
}

// done ends the count of a request in flight at the endpoint.
func (f *forwarding) done() {
	if f.end != nil {
		f.end()
		f.end = nil
	}
}

// modify edits the response that came from the backend.
func (f *forwarding) modify(response *http.Response) error {
	if f.body != nil {
		f.body.answer()
	}
	f.match.Rule.Filters.Response.Apply(response.Header)
	f.backend.Filters.Response.Apply(response.Header)
	if response.StatusCode == http.StatusSwitchingProtocols {
		f.status = response.StatusCode // it does not pass the recorder
	}
	return nil
}

// fail answers when there is no response.
func (f *forwarding) fail(_ http.ResponseWriter, r *http.Request, err error) {
	f.engine.core.log.LogAttrs(r.Context(), slog.LevelDebug, "request failed",
		slog.String("pool", f.backend.Pool), slog.Any("error", err))
	f.writer.answer(f.exchange, err)
}
