package server

import (
	"context"
	"net"
)

// engine speaks HTTP on sockets. What it does with a request is decided by
// the core; how bytes are parsed, forwarded and streamed is its own affair.
type engine interface {
	// serve prepares to serve a socket. port is what clients believe to be
	// connected to.
	serve(l net.Listener, port uint16) service
}

// service is one socket that is being served.
type service interface {
	// start accepts connections from now on, and returns at once. Calling it
	// again changes nothing.
	start()
	// stop closes the socket before it returns. The function that it gives
	// waits for the requests under way, and cuts off those that are left
	// when the context ends.
	stop() (drain func(context.Context))
}
