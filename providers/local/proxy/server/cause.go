package server

import (
	"context"
	"errors"
	"fmt"
	"net"

	"fairway.dev/fairway/providers/local/proxy/request"
	"fairway.dev/fairway/providers/local/proxy/upstream"
)

// cause is a reason of our own to answer in place of a backend.
type cause struct {
	status int
	text   string
}

func (c *cause) Error() string { return c.text }

var (
	errConnect    = &cause{405, "CONNECT is not served"}
	errNoRoute    = &cause{404, "no route"}
	errNoBackend  = &cause{500, "the matching rule has no backend to send this request to; its HTTPRoute and the conditions in its status say why"}
	errNoEndpoint = &cause{503, "no endpoint is ready"}
	errUnread     = &cause{400, "the request could not be read"}
	errBody       = &cause{400, "the request's body could not be read"}
	errSlowBody   = &cause{408, "the request's body did not come in time"}
	errLargeBody  = &cause{413, "the request's body is too large"}
	// errMisdirected has HTTP/2 clients, which use one connection for all
	// hosts of its certificate, make another one (RFC 9110, 15.5.20).
	errMisdirected = &cause{421, "the connection is for another host; use one of its own"}
)

// clientGone is the status that is logged when the client left before it was
// answered. Nobody gets to see it.
const clientGone = 499

// statusOf maps the cause of a failure to the status that answers it.
func statusOf(err error) int {
	var own *cause
	var connect *upstream.ConnectError
	var timeout net.Error
	switch {
	case errors.As(err, &own):
		return own.status
	case errors.Is(err, context.Canceled):
		return clientGone
	case errors.As(err, &timeout) && timeout.Timeout():
		return 504
	case errors.As(err, &connect):
		return 503
	default:
		return 502
	}
}

// bodyOf is the text that answers a failure: who says so and why, in as much
// as it concerns the client. What comes from the request is quoted.
func bodyOf(err error, r *request.Request) string {
	var own *cause
	switch {
	case errors.Is(err, errNoRoute):
		return fmt.Sprintf("fairway: no route for host %q path %q\n", r.Host, r.RawPath)
	case errors.As(err, &own):
		return "fairway: " + own.text + "\n"
	case statusOf(err) == 504:
		return "fairway: the backend did not answer in time\n"
	case statusOf(err) == 503:
		return "fairway: no backend accepts connections\n"
	default:
		return "fairway: the backend did not answer as it should\n"
	}
}
