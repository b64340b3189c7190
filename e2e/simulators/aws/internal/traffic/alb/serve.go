package alb

import (
	"log"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/rule"
)

// transaction is one request on its way.
type transaction struct {
	*recorder
	request  *http.Request
	balancer *balancerSettings
	listener *listenerSettings
	world    *World
	upstream *upstream
	quiet    *log.Logger
	asked    *rule.Request
	client   netip.AddrPort
	zone     string // of the node that the client reached
	exchange traffic.Exchange
}

// ServeHTTP takes a request through the rules.
func (l *Listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := &transaction{
		request:  r,
		balancer: l.balancer.settings.Load(),
		listener: l.settings.Load(),
		world:    &l.balancer.world,
		upstream: l.balancer.upstream,
		quiet:    l.balancer.quiet,
	}
	t.recorder = &recorder{ResponseWriter: w, settings: t.listener}
	t.client, _ = netip.ParseAddrPort(r.RemoteAddr)
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		if address, err := netip.ParseAddrPort(local.String()); err == nil {
			t.zone = t.balancer.zones[address.Addr().Unmap()]
		}
	}
	t.asked = ask(r, t.client.Addr())
	t.exchange = traffic.Exchange{
		Time:         t.world.Now(),
		LoadBalancer: t.balancer.config.ARN,
		Listener:     t.listener.config.ARN,
		Client:       r.RemoteAddr,
		Method:       r.Method,
		Host:         r.Host,
		Path:         t.asked.URL(),
	}
	// "The client keepalive duration" ends with the next response (attribute client_keep_alive.seconds).
	if c, ok := r.Context().Value(connectionKey{}).(connection); ok && time.Since(c.since) > t.balancer.keepAlive {
		w.Header().Set("Connection", "close")
	}
	// Also when a broken response ends in a panic that aborts it.
	defer t.report()
	t.serve()
}

func (t *transaction) serve() {
	if status := refuse(t.request); status != 0 {
		page(t, status)
		return
	}
	matched := t.listener.table.Match(t.asked)
	t.exchange.Rule, t.exchange.Priority = matched.Config.ARN, matched.Config.Priority
	switch matched.Authenticate() {
	case "":
	case "jwt-validation":
		// No keys are fetched: every token counts as invalid.
		page(t, http.StatusUnauthorized)
		return
	default:
		page(t, statusUnauthorized)
		return
	}
	rewritten, err := matched.Transform(t.asked)
	if err != nil {
		t.exchange.Error = err.Error()
		page(t, http.StatusInternalServerError)
		return
	}
	switch action := matched.Action(); {
	case action.FixedResponse != nil:
		fixed(t, action.FixedResponse)
	case action.Redirect != nil:
		redirect(t, rule.RedirectStatus(*action.Redirect), rule.Location(*action.Redirect, rewritten, t.scheme(), t.port()))
	default:
		t.forward(action.Forward, rewritten)
	}
}

// scheme is the listener's protocol as X-Forwarded-Proto has it.
func (t *transaction) scheme() string { return strings.ToLower(t.listener.config.Protocol) }

func (t *transaction) port() string { return strconv.Itoa(int(t.listener.config.Port)) }

// report tells who observes how the request ended.
func (t *transaction) report() {
	if t.world.Observe == nil {
		return
	}
	if t.exchange.Status == 0 {
		t.exchange.Status = t.status
	}
	t.world.Observe(t.exchange)
}

// ask is the request as rules see it: path and query as sent, not decoded.
func ask(r *http.Request, client netip.Addr) *rule.Request {
	path, query, _ := strings.Cut(r.RequestURI, "?")
	if !strings.HasPrefix(path, "/") {
		// The absolute form, or the * of OPTIONS.
		path, query = (&url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath}).EscapedPath(), r.URL.RawQuery
	}
	return &rule.Request{Host: r.Host, Path: path, Query: query, Method: r.Method, Source: client, Header: r.Header}
}
