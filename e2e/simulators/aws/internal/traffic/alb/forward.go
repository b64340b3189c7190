package alb

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/pool"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/rule"
)

// errGone is why a request ends whose target's deregistration delay is over.
var errGone = errors.New("the target was deregistered")

// forward sends the request to a target of one of the groups.
func (t *transaction) forward(forward *traffic.Forward, rewritten *rule.Request) {
	jar := cookies{t.world.Cookies, t.world.Now(), t.listener.tls != nil}
	remembered, _ := jar.recall(t.request, groupCookie)
	arn := rule.Pick(forward, remembered.Group, rand.Float64())
	if arn == "" {
		t.fail(http.StatusServiceUnavailable, "no target group has a weight")
		return
	}
	t.exchange.TargetGroup = arn
	group := t.world.Groups.Get(arn)
	config := group.Config()
	if incompatible(t.request, config.ProtocolVersion) {
		t.fail(statusIncompatible, "the request's protocol does not fit the group's version")
		return
	}
	own, hasOwn := stickinessOf(config)
	var member *pool.Member
	if hasOwn {
		find := func(key traffic.Key) *pool.Member { return group.Find(key, t.zone, t.balancer.crossZone) }
		member = own.target(jar, t.request, find, arn)
	}
	stuck := member != nil
	if member == nil {
		member = group.Pick(t.zone, t.balancer.crossZone, jar.now)
	}
	if member == nil {
		// "The target groups for the load balancer have no registered targets" (HTTP 503, Troubleshoot).
		t.fail(http.StatusServiceUnavailable, "the target group has no target")
		return
	}
	t.exchange.Target = netip.AddrPortFrom(member.Address, member.Port).String()
	t.send(config, member, rewritten, func(response *http.Response) {
		if forward.Stickiness > 0 {
			jar.set(response.Header, memory{Group: arn}, forward.Stickiness, groupCookie, groupCookieCORS)
		}
		if hasOwn {
			own.remember(jar, response, arn, member, stuck)
		}
	})
}

func (t *transaction) fail(status int, reason string) {
	t.exchange.Error = reason
	page(t, status)
}

// send proxies the request to a target.
func (t *transaction) send(group *traffic.TargetGroup, member *pool.Member, rewritten *rule.Request, remember func(*http.Response)) {
	defer member.Begin()()
	ctx, cancel := context.WithCancelCause(t.request.Context())
	defer cancel(nil)
	defer member.OnGone(func() { cancel(errGone) })()

	body := &patientBody{ReadCloser: t.request.Body, control: http.NewResponseController(t.recorder), idle: t.balancer.idle}
	request := t.request.WithContext(ctx)
	if request.Body != nil && request.Body != http.NoBody {
		request.Body = body
	}
	transport, scheme := t.upstream.to(group)
	proxy := httputil.ReverseProxy{
		Transport:     transport,
		FlushInterval: -1, // nothing is held back
		ErrorLog:      t.quiet,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL = targetURL(scheme, t.exchange.Target, rewritten)
			t.dressRequest(p.Out.Header, p.In.Header)
			p.Out.Host = t.targetHost(rewritten)
		},
		ModifyResponse: func(response *http.Response) error {
			remember(response)
			return nil
		},
		ErrorHandler: func(_ http.ResponseWriter, _ *http.Request, err error) {
			status := t.failure(ctx, body, err)
			t.exchange.Error = err.Error()
			t.exchange.Status = status
			page(t, status)
		},
	}
	proxy.ServeHTTP(t.recorder, request)
}

// targetURL leads to a target, with path and query as they are, not normalized.
func targetURL(scheme, host string, request *rule.Request) *url.URL {
	u := &url.URL{Scheme: scheme, Host: host, RawQuery: request.Query}
	if strings.HasPrefix(request.Path, "/") && !strings.HasPrefix(request.Path, "//") {
		u.Opaque = request.Path
		return u
	}
	u.Path, u.RawPath = request.Path, request.Path
	if decoded, err := url.PathUnescape(request.Path); err == nil {
		u.Path = decoded
	}
	return u
}

// targetHost is the Host for the target. One that a transform wrote is sent as it is (chosen here).
func (t *transaction) targetHost(rewritten *rule.Request) string {
	if t.balancer.preserveHost || rewritten.Host != t.asked.Host {
		return rewritten.Host
	}
	return hostHeader(rewritten.Host, t.listener.config.Port)
}

// dressRequest sets the headers that a target gets from the load balancer (HTTP headers).
func (t *transaction) dressRequest(out, in http.Header) {
	if t.balancer.dropInvalidHeaders {
		dropInvalid(out)
	}
	// They were taken from out before; other X-Forwarded headers are the client's affair.
	for _, name := range []string{"Forwarded", "X-Forwarded-Host"} {
		if values, ok := in[name]; ok {
			out[name] = values
		}
	}
	if value := forwardedFor(in["X-Forwarded-For"], t.client, t.balancer.forwardedFor, t.balancer.forwardClientPort); value != "" {
		out.Set("X-Forwarded-For", value)
	}
	out.Set("X-Forwarded-Proto", t.scheme())
	out.Set("X-Forwarded-Port", t.port())
	out.Set(traceHeader, trace(in.Get(traceHeader), t.world.Now()))
	if t.request.TLS != nil {
		addTLSHeaders(out, t.request.TLS, t.listener.config.MutualTLS.Mode, t.balancer.tlsHeaders, t.listener.names)
	}
}

// failure is the status for a request that got no response (HTTP 408, 460, 502 and 504, Troubleshoot).
func (t *transaction) failure(ctx context.Context, body *patientBody, err error) int {
	var network net.Error
	switch {
	case errors.Is(context.Cause(ctx), errGone):
		return http.StatusBadGateway
	case body.timedOut.Load():
		return http.StatusRequestTimeout
	case t.request.Context().Err() != nil:
		return statusClientClosed
	case errors.Is(err, errHandshake):
		return http.StatusBadGateway
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return http.StatusGatewayTimeout
	default:
		return http.StatusBadGateway
	}
}
