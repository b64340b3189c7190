package server

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// accepting gives a socket's connections: no more than there may be, and with
// TLS where the port's listeners ask for it.
type accepting struct {
	net.Listener
	core *core
	port uint16
	tls  *tls.Config
}

func (c *core) accepting(l net.Listener, port uint16) *accepting {
	return &accepting{Listener: l, core: c, port: port, tls: c.tlsConfig(port)}
}

// Accept implements net.Listener.
func (a *accepting) Accept() (net.Conn, error) {
	for {
		from, err := a.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if !a.core.connections.add() {
			a.core.metrics.refused.Inc()
			_ = from.Close() // it was to be closed anyway
			continue
		}
		c := &conn{Conn: from, core: a.core, port: a.port}
		if a.core.table.Secure(a.port) {
			c.Conn = tls.Server(from, a.tls)
			return &secureConn{c}, nil
		}
		return c, nil
	}
}

// gauge counts what there may be only so many of.
type gauge struct {
	limit int64 // 0 is none
	n     atomic.Int64
}

// add counts one more, or reports that there are enough.
func (g *gauge) add() bool {
	if n := g.n.Add(1); g.limit > 0 && n > g.limit {
		g.n.Add(-1)
		return false
	}
	return true
}

func (g *gauge) done() { g.n.Add(-1) }

// conn is a client's connection. It notices what net/http answers by itself
// to a request that cannot be read, so that this is booked like any other.
type conn struct {
	net.Conn
	core *core
	port uint16
	// frames is true for HTTP/2, which writes the answers of many requests at
	// a time, and leaves nothing to be noticed.
	frames bool
	// own is true while what is written is a handler's answer.
	own    atomic.Bool
	closed sync.Once
}

type connKey struct{}

// connContext has the connection found again by connOf.
func connContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, plain(c))
}

func connOf(r *http.Request) *conn { return r.Context().Value(connKey{}).(*conn) }

func plain(c net.Conn) *conn {
	if s, secure := c.(*secureConn); secure {
		return s.conn
	}
	return c.(*conn)
}

// connState is told when a connection's answer is written.
func connState(c net.Conn, state http.ConnState) {
	if p := plain(c); state == http.StateIdle && !p.frames {
		p.own.Store(false)
	}
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	if !c.frames && !c.own.Swap(true) {
		c.bookUnread(p)
	}
	return c.Conn.Write(p)
}

// bookUnread books net/http's answer to a request that no handler got.
func (c *conn) bookUnread(answer []byte) {
	line, _, _ := strings.Cut(string(answer[:min(len(answer), len("HTTP/1.1 400 "))]), "\r")
	_, rest, _ := strings.Cut(line, " ")
	status, err := strconv.Atoi(strings.TrimSpace(rest))
	if err != nil {
		return
	}
	x := &exchange{start: time.Now(), port: c.port, client: c.RemoteAddr().String(), status: status, cause: errUnread}
	c.core.begin(x)
	c.core.finish(x)
}

// CloseWrite is for net/http, which so sees to it that clients get to read a
// last answer.
func (c *conn) CloseWrite() error {
	if half, can := c.Conn.(interface{ CloseWrite() error }); can {
		return half.CloseWrite()
	}
	return nil
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.closed.Do(c.core.connections.done)
	return c.Conn.Close()
}

// secureConn is a conn that speaks TLS. net/http finds that out by the
// methods that it has more.
type secureConn struct{ *conn }

// ConnectionState is that of TLS.
func (c *secureConn) ConnectionState() tls.ConnectionState {
	return c.Conn.(*tls.Conn).ConnectionState()
}

// HandshakeContext begins TLS.
func (c *secureConn) HandshakeContext(ctx context.Context) error {
	err := c.Conn.(*tls.Conn).HandshakeContext(ctx)
	if err != nil {
		c.core.metrics.handshakes.Inc()
		return err
	}
	c.frames = c.ConnectionState().NegotiatedProtocol == "h2"
	return nil
}
