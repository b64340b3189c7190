package nlb

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// datagramIdle is when a flow without datagrams ends: "UDP: 120 seconds" (Connection idle timeout).
const datagramIdle = 120 * time.Second

// datagrams carries the UDP flows of one socket.
type datagrams struct {
	listener *Listener
	socket   *net.UDPConn
	local    netip.AddrPort

	mu     sync.Mutex
	flows  map[netip.AddrPort]*net.UDPConn
	closed bool
}

func newDatagrams(l *Listener, socket *net.UDPConn) *datagrams {
	return &datagrams{listener: l, socket: socket, local: addrPort(socket.LocalAddr()), flows: map[netip.AddrPort]*net.UDPConn{}}
}

// Close ends all flows.
func (d *datagrams) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, target := range d.flows {
		_ = target.Close()
	}
	return d.socket.Close()
}

// run takes datagrams from clients until the socket closes.
func (d *datagrams) run() {
	buffer := make([]byte, 64<<10)
	for {
		n, source, err := d.socket.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		if target := d.flow(netip.AddrPortFrom(source.Addr().Unmap(), source.Port())); target != nil {
			// A datagram that cannot be sent is lost, as datagrams are.
			_ = target.SetReadDeadline(time.Now().Add(datagramIdle))
			_, _ = target.Write(buffer[:n])
		}
	}
}

// flow is the way to the target of a client, made with its first datagram: "each flow is consistently routed to a single
// target throughout its lifetime" (How Elastic Load Balancing works).
func (d *datagrams) flow(source netip.AddrPort) *net.UDPConn {
	d.mu.Lock()
	defer d.mu.Unlock()
	if target, ok := d.flows[source]; ok {
		return target
	}
	group, member := d.listener.choose(flow{"udp", source, d.local})
	if member == nil || d.closed {
		return nil
	}
	target, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(member.Address, member.Port)))
	if err != nil {
		return nil
	}
	d.flows[source] = target
	stops := onEnd(group, member, func() { _ = target.Close() })
	go func() {
		defer member.Begin()()
		d.answer(source, target)
		for _, stop := range stops {
			stop()
		}
	}()
	return target
}

// answer brings a target's datagrams back until the flow has been idle or is cut.
func (d *datagrams) answer(source netip.AddrPort, target *net.UDPConn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := target.Read(buffer)
		if err != nil {
			break
		}
		_ = target.SetReadDeadline(time.Now().Add(datagramIdle))
		_, _ = d.socket.WriteToUDPAddrPort(buffer[:n], source)
	}
	_ = target.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.flows, source)
}
