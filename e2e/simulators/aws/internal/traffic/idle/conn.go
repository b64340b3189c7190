// Package idle gives connections the idle timeout of load balancers.
package idle

import (
	"net"
	"time"
)

// Conn is the connection, failing what is under way with os.ErrDeadlineExceeded once nothing was sent or received for
// the timeout: "If no data has been sent or received by the time that the idle timeout period elapses, the load balancer
// closes the connection" (Connection idle timeout, User Guide for Application Load Balancers).
func Conn(c net.Conn, timeout time.Duration) net.Conn { return &conn{c, timeout} }

type conn struct {
	net.Conn
	timeout time.Duration
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// CloseWrite ends one direction, where the connection can.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
