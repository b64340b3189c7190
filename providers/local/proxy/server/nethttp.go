package server

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"fairway.dev/fairway/providers/local/proxy/request"
	"fairway.dev/fairway/providers/local/proxy/upstream"
)

// How HTTP/2 connections are kept alive.
const (
	pingAfter   = 30 * time.Second
	pingTimeout = 15 * time.Second
)

// netHTTP is the engine on the standard library's HTTP/1.1 and, over TLS,
// HTTP/2.
type netHTTP struct {
	core      *core
	config    Config
	transport *http.Transport
	buffers   *buffers
	errorLog  *log.Logger
}

func newNetHTTP(c Config, core *core) *netHTTP {
	return &netHTTP{
		core:      core,
		config:    c,
		transport: upstream.NewTransport(c.Upstream),
		buffers:   newBuffers(),
		// Mostly clients that break off; access log and metrics tell the rest.
		errorLog: slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug),
	}
}

// netHTTPService is one socket that the engine serves.
type netHTTPService struct {
	*netHTTP
	port     uint16
	listener net.Listener
	server   *http.Server
	cut      context.CancelFunc
	started  sync.Once
	active   sync.WaitGroup // requests; http.Server forgets upgraded ones
}

func (e *netHTTP) serve(l net.Listener, port uint16) service {
	ctx, cut := context.WithCancel(context.Background())
	s := &netHTTPService{netHTTP: e, port: port, listener: e.core.accepting(l, port), cut: cut}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	s.server = &http.Server{
		Handler:           s,
		Protocols:         protocols,
		ReadHeaderTimeout: e.config.HeaderTimeout,
		IdleTimeout:       e.config.IdleTimeout,
		MaxHeaderBytes:    e.config.HeaderBytes,
		ErrorLog:          e.errorLog,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: e.config.Streams,
			// A client that is gone without a word is noticed.
			SendPingTimeout: pingAfter,
			PingTimeout:     pingTimeout,
		},
		ConnContext: connContext,
		ConnState:   connState,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	return s
}

func (s *netHTTPService) start() {
	s.started.Do(func() {
		go func() {
			if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
				s.config.Log.Error("listening socket failed", "port", s.port, "error", err)
			}
		}()
	})
}

func (s *netHTTPService) stop() func(context.Context) {
	_ = s.listener.Close() // the only failure is that it is closed already
	return func(ctx context.Context) {
		defer s.cut()
		if err := s.server.Shutdown(ctx); err != nil {
			s.cut()
			_ = s.server.Close() // after Shutdown failed; nothing is left to do about it
			return
		}
		done := make(chan struct{})
		go func() {
			s.active.Wait()
			close(done)
		}()
		select {
		case <-done:
		case <-ctx.Done():
		}
	}
}

// ServeHTTP serves one request.
func (s *netHTTPService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.active.Add(1)
	defer s.active.Done()
	connOf(r).own.Store(true)
	x := s.exchange(r)
	complete := false
	// An answer may come before the request was read to its end.
	_ = http.NewResponseController(w).EnableFullDuplex() // HTTP/1 always can
	writer := &recorder{ResponseWriter: w, exchange: x, core: s.core, stall: stalledWrites(w, s.config.StallTimeout)}
	location, err := s.core.decide(x)
	s.core.begin(x)
	defer func() { // also when the reverse proxy panics to cut the client off
		x.aborted = !complete
		s.core.finish(x)
	}()
	switch {
	case err != nil:
		writer.answer(x, err)
	case location != "":
		writer.redirect(x, location)
	default:
		s.forward(writer, r, x)
	}
	complete = true
}

func (s *netHTTPService) exchange(r *http.Request) *exchange {
	x := &exchange{
		start:    time.Now(),
		port:     s.port,
		client:   r.RemoteAddr,
		protocol: r.Proto,
		length:   r.ContentLength,
		request: request.Request{
			Method: r.Method, Scheme: "http", Authority: r.Host, Host: request.Host(r.Host),
			RawPath: rawPath(r.URL), RawQuery: r.URL.RawQuery,
			Headers: lowerHeaders{r.Header, r.Host},
		},
	}
	if r.TLS != nil {
		x.request.Scheme, x.request.ServerName = "https", request.Host(r.TLS.ServerName)
	}
	if x.trusted = s.core.trusts(x.client); x.trusted {
		x.forwardedFor = strings.Join(r.Header[forwardedFor], ", ")
	}
	return x
}

// rawPath is the path as sent. A target that is a whole URL may have none,
// which means the root.
func rawPath(u *url.URL) string {
	if u.Path == "" && u.Host != "" {
		return "/"
	}
	return u.EscapedPath()
}
