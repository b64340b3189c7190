package server

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"fairway.dev/fairway/providers/local/proxy/request"
	"fairway.dev/fairway/providers/local/proxy/upstream"
)

// netHTTP is the engine on the standard library's HTTP/1.1.
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
	active   sync.WaitGroup // requests; http.Server forgets upgraded ones
}

func (e *netHTTP) serve(l net.Listener, port uint16) service {
	ctx, cut := context.WithCancel(context.Background())
	s := &netHTTPService{netHTTP: e, port: port, listener: l, cut: cut}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	s.server = &http.Server{
		Handler:           s,
		Protocols:         protocols,
		ReadHeaderTimeout: e.config.HeaderTimeout,
		IdleTimeout:       e.config.IdleTimeout,
		MaxHeaderBytes:    e.config.HeaderBytes,
		ErrorLog:          e.errorLog,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	go func() {
		if err := s.server.Serve(l); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			e.config.Log.Error("listening socket failed", "port", port, "error", err)
		}
	}()
	return s
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
	x := &exchange{
		start:    time.Now(),
		port:     s.port,
		client:   r.RemoteAddr,
		protocol: r.Proto,
		request: request.Request{
			Method: r.Method, Scheme: "http", Authority: r.Host, Host: request.Host(r.Host),
			RawPath: rawPath(r.URL), RawQuery: r.URL.RawQuery,
			Headers: lowerHeaders{r.Header, r.Host},
		},
	}
	complete := false
	defer func() { // also when the reverse proxy panics to cut the client off
		x.aborted = !complete
		s.core.finish(x)
	}()
	// An answer may come before the request was read to its end.
	_ = http.NewResponseController(w).EnableFullDuplex() // HTTP/1 always can
	writer := &recorder{ResponseWriter: w, exchange: x, core: s.core}
	switch location, err := s.core.decide(x); {
	case err != nil:
		writer.answer(x, err)
	case location != "":
		writer.redirect(x, location)
	default:
		s.forward(writer, r, x)
	}
	complete = true
}

// rawPath is the path as sent. A target that is a whole URL may have none,
// which means the root.
func rawPath(u *url.URL) string {
	if u.Path == "" && u.Host != "" {
		return "/"
	}
	return u.EscapedPath()
}
