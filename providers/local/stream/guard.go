package stream

import (
	"crypto/x509"
	"errors"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc/credentials"
)

// guard is transport credentials that close a connection once the certificate
// that opened it has ended or is not trusted any more. Streams end with their
// connection, and the next one takes another handshake.
type guard struct {
	credentials.TransportCredentials
	handshakes *handshakes
}

// Clone implements [credentials.TransportCredentials].
func (g *guard) Clone() credentials.TransportCredentials {
	return &guard{TransportCredentials: g.TransportCredentials.Clone(), handshakes: g.handshakes}
}

// ServerHandshake implements [credentials.TransportCredentials].
func (g *guard) ServerHandshake(raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := g.TransportCredentials.ServerHandshake(raw)
	if err != nil {
		return nil, nil, err
	}
	state, ok := info.(credentials.TLSInfo)
	if !ok || len(state.State.PeerCertificates) == 0 {
		return nil, nil, errors.Join(errors.New("no certificate"), conn.Close())
	}
	return g.handshakes.watch(conn, state.State.PeerCertificates[0]), info, nil
}

// watched is a connection and the certificate that opened it.
type watched struct {
	net.Conn
	certificate *x509.Certificate
	handshakes  *handshakes
	closed      chan struct{}
	once        sync.Once
}

// watch closes a connection at its certificate's end.
func (h *handshakes) watch(conn net.Conn, certificate *x509.Certificate) *watched {
	w := &watched{Conn: conn, certificate: certificate, handshakes: h, closed: make(chan struct{})}
	h.mu.Lock()
	h.open[w] = struct{}{}
	h.mu.Unlock()
	// One second more: a certificate is good up to and including its end.
	timer := h.clock.NewTimer(certificate.NotAfter.Sub(h.clock.Now()) + time.Second)
	go func() {
		defer timer.Stop()
		select {
		case <-timer.C():
			h.log.Info("proxy's certificate has ended; it is to connect with the next", "remote", conn.RemoteAddr().String())
			_ = w.Close() // the other end is gone already, or will notice
		case <-w.closed:
		}
	}()
	return w
}

// Close implements [net.Conn].
func (w *watched) Close() error {
	w.once.Do(func() {
		close(w.closed)
		w.handshakes.mu.Lock()
		delete(w.handshakes.open, w)
		w.handshakes.mu.Unlock()
	})
	return w.Conn.Close()
}

// doubt closes the connections whose certificates are not trusted any more.
func (h *handshakes) doubt() {
	h.mu.Lock()
	var all []*watched
	for w := range h.open {
		all = append(all, w)
	}
	h.mu.Unlock()
	for _, w := range all {
		_, err := w.certificate.Verify(x509.VerifyOptions{
			Roots: h.keys.Ring().Pool(), CurrentTime: h.clock.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		})
		if err != nil {
			h.log.Info("proxy's certificate is not trusted any more; it is to connect with the next", "remote", w.RemoteAddr().String())
			_ = w.Close() // as above
		}
	}
}
