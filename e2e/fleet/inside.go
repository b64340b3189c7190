package fleet

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netns"

	"fairway.dev/fairway/e2e/fleet/internal/netspace"
)

// Inside runs fn on a thread inside the fleet's outer network namespace, from where LoadBalancer
// addresses, pods and nodes of all clusters are reached. Sockets that fn makes and processes that it
// starts belong there for good. Goroutines that fn starts do not.
func (f *Fleet) Inside(fn func() error) (err error) {
	namespace, err := netns.GetFromPid(f.host.process.Pid)
	if err != nil {
		return fmt.Errorf("open the fleet's network namespace: %w", err)
	}
	defer func() { err = errors.Join(err, namespace.Close()) }()
	return netspace.Do(namespace, fn)
}

// DialContext connects to an IP address and port of the fleet, TCP or UDP, with no forwarder
// between. It fits net/http's Transport.
func (f *Fleet) DialContext(ctx context.Context, network, address string) (conn net.Conn, err error) {
	err = f.Inside(func() error {
		conn, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return conn, err
}
