package nlb

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pires/go-proxyproto"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/idle"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/pool"
)

// connectTimeout bounds connecting to a target and each TLS handshake (chosen here: no page names it).
const connectTimeout = 10 * time.Second

func (l *Listener) accept(socket net.Listener) {
	for {
		client, err := socket.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			l.balancer.world.Log.Debug("accept a connection", "err", err)
			continue
		}
		go l.stream(client)
	}
}

// stream carries one connection.
func (l *Listener) stream(raw net.Conn) {
	defer l.hold(raw)()
	settings := l.settings.Load()
	client := idle.Conn(raw, settings.idle)
	defer func() { _ = client.Close() }()
	if settings.tls != nil {
		secure := tls.Server(client, settings.tls)
		ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
		err := secure.HandshakeContext(ctx)
		cancel()
		if err != nil {
			return
		}
		client = secure
	}
	group, member := l.choose(flow{"tcp", addrPort(raw.RemoteAddr()), addrPort(raw.LocalAddr())})
	if member == nil {
		reset(raw)
		return
	}
	defer member.Begin()()
	target, err := connect(group, member, raw, settings.idle)
	if err != nil {
		l.balancer.world.Log.Debug("connect to a target", "target", member.ID, "err", err)
		reset(raw)
		return
	}
	defer func() { _ = target.Close() }()
	cut := func() { reset(raw); _ = target.Close() }
	for _, stop := range onEnd(group, member, cut) {
		defer stop()
	}
	splice(client, target)
}

// onEnd lets cut be called when the flow must end: with the registration, if the group says so, and when the target
// becomes unhealthy, unless the group says not (API, TargetGroupAttribute).
func onEnd(group *traffic.TargetGroup, member *pool.Member, cut func()) []func() bool {
	var stops []func() bool
	datagrams := group.Protocol == "UDP" || group.Protocol == "TCP_UDP"
	if group.Attributes.Bool("deregistration_delay.connection_termination.enabled", datagrams) {
		stops = append(stops, member.OnGone(cut))
	}
	if !datagrams && group.Attributes.Bool("target_health_state.unhealthy.connection_termination.enabled", true) {
		stops = append(stops, member.OnUnhealthy(func() {
			if !member.Gone() {
				cut()
			}
		}))
	}
	return stops
}

// connect opens the connection to a target, with TLS to TLS groups, whose certificates are not validated (Routing
// configuration), and with a proxy protocol header if the group has it.
func connect(group *traffic.TargetGroup, member *pool.Member, client net.Conn, timeout time.Duration) (net.Conn, error) {
	raw, err := net.DialTimeout("tcp", netip.AddrPortFrom(member.Address, member.Port).String(), connectTimeout)
	if err != nil {
		return nil, err
	}
	target := idle.Conn(raw, timeout)
	if group.Attributes.Bool("proxy_protocol_v2.enabled", false) {
		header := proxyproto.HeaderProxyFromAddrs(2, client.RemoteAddr(), client.LocalAddr())
		if _, err := header.WriteTo(target); err != nil {
			return nil, errors.Join(err, raw.Close())
		}
	}
	if group.Protocol != "TLS" {
		return target, nil
	}
	secure := tls.Client(target, &tls.Config{InsecureSkipVerify: true})
	ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	return secure, nil
}

// splice copies both ways until both have ended. An end goes on as an end.
func splice(a, b net.Conn) {
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		both.Go(func() {
			_, err := io.Copy(way[0], way[1])
			if half, ok := way[0].(interface{ CloseWrite() error }); ok && err == nil {
				_ = half.CloseWrite()
				return
			}
			_, _ = a.Close(), b.Close()
		})
	}
	both.Wait()
}

// reset closes with a TCP RST, as the load balancer refuses what it has no target for (Health checks).
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

func addrPort(a net.Addr) netip.AddrPort {
	parsed, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(parsed.Addr().Unmap(), parsed.Port())
}
