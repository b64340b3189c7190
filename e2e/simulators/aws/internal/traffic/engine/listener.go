package engine

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/alb"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/nlb"
)

// listener is a listener with its open sockets.
type listener struct {
	config  traffic.Listener
	rules   map[string]traffic.Rule
	front   front
	sockets map[netip.Addr]io.Closer
}

// SetListener implements traffic.Carrier.
func (e *Engine) SetListener(config traffic.Listener) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	b, ok := e.balancers[config.LoadBalancer]
	if !ok {
		return fmt.Errorf("listener %s: load balancer %s is not known", config.ARN, config.LoadBalancer)
	}
	l, ok := e.listeners[config.ARN]
	if ok && l.config.Protocol == config.Protocol && l.config.Port == config.Port {
		if err := l.front.SetConfig(config); err != nil {
			return fmt.Errorf("listener %s: %w", config.ARN, err)
		}
		l.config = config
		return l.listen(b.config.Addresses)
	}
	// Another protocol or port is another front with the same rules.
	rules := map[string]traffic.Rule{}
	if ok {
		rules = l.rules
	}
	made, err := newFront(b, config)
	if err == nil {
		err = made.SetRules(slices.Collect(maps.Values(rules))...)
	}
	if err != nil {
		return fmt.Errorf("listener %s: %w", config.ARN, err)
	}
	if ok {
		l.close()
	}
	l = &listener{config: config, rules: rules, front: made, sockets: map[netip.Addr]io.Closer{}}
	e.listeners[config.ARN] = l
	b.listeners[config.ARN] = l
	return l.listen(b.config.Addresses)
}

func newFront(b *balancer, config traffic.Listener) (front, error) {
	switch plane := b.plane.(type) {
	case *alb.Balancer:
		return alb.NewListener(plane, config)
	case *nlb.Balancer:
		return nlb.NewListener(plane, config)
	default:
		return nil, fmt.Errorf("no listeners for %T", plane)
	}
}

// listen opens the addresses that are new and closes those that are no more.
func (l *listener) listen(addresses []traffic.Address) error {
	wanted := map[netip.Addr]bool{}
	var all error
	for _, address := range addresses {
		wanted[address.IP] = true
		if l.sockets[address.IP] != nil {
			continue
		}
		socket, err := l.front.Open(netip.AddrPortFrom(address.IP, l.config.Port))
		if err != nil {
			all = errors.Join(all, fmt.Errorf("listener %s: %w", l.config.ARN, err))
			continue
		}
		l.sockets[address.IP] = socket
	}
	for address, socket := range l.sockets {
		if !wanted[address] {
			all = errors.Join(all, socket.Close())
			delete(l.sockets, address)
		}
	}
	return all
}

// close closes the sockets and cuts what is under way.
func (l *listener) close() {
	for _, socket := range l.sockets {
		// A socket that does not close leaves nothing to be done about it.
		_ = socket.Close()
	}
	_ = l.front.Close()
}

// RemoveListener implements traffic.Carrier.
func (e *Engine) RemoveListener(arn string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.removeListener(arn)
}

func (e *Engine) removeListener(arn string) {
	l, ok := e.listeners[arn]
	if !ok {
		return
	}
	l.close()
	delete(e.listeners, arn)
	if b, ok := e.balancers[l.config.LoadBalancer]; ok {
		delete(b.listeners, arn)
	}
}

// SetRules implements traffic.Carrier.
func (e *Engine) SetRules(arn string, rules ...traffic.Rule) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	l, ok := e.listeners[arn]
	if !ok {
		return fmt.Errorf("rules: listener %s is not known", arn)
	}
	if err := l.front.SetRules(rules...); err != nil {
		return err
	}
	for _, r := range rules {
		l.rules[r.ARN] = r
	}
	return nil
}

// RemoveRules implements traffic.Carrier.
func (e *Engine) RemoveRules(arn string, rules ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l, ok := e.listeners[arn]
	if !ok {
		return
	}
	l.front.RemoveRules(rules...)
	for _, r := range rules {
		delete(l.rules, r)
	}
}
