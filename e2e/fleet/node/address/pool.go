// Package address hands out IP addresses of a range.
package address

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
)

// ErrExhausted says that every address of the pool is in use.
var ErrExhausted = errors.New("no free address")

// Pool hands out the addresses of a range. A released address comes back as late as possible, so that whoever still
// remembers its former owner (a connection, a cache, a proxy) does not meet a new one there.
type Pool struct {
	mu   sync.Mutex
	free []netip.Addr
	used map[netip.Addr]bool
	all  netip.Prefix
}

// NewPool makes a pool of all addresses of a range but its first and last, and but those that are reserved.
func NewPool(all netip.Prefix, reserved ...netip.Addr) *Pool {
	p := &Pool{all: all.Masked(), used: map[netip.Addr]bool{}}
	kept := map[netip.Addr]bool{}
	for _, a := range reserved {
		kept[a] = true
	}
	for a := p.all.Addr().Next(); p.all.Contains(a.Next()); a = a.Next() {
		if !kept[a] {
			p.free = append(p.free, a)
		}
	}
	return p
}

// Take returns the address that has been free for longest.
func (p *Pool) Take() (netip.Addr, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) == 0 {
		return netip.Addr{}, fmt.Errorf("take an address of %s: %w", p.all, ErrExhausted)
	}
	a := p.free[0]
	p.free = p.free[1:]
	p.used[a] = true
	return a, nil
}

// Claim takes a particular address and tells whether it was free.
func (p *Pool) Claim(a netip.Addr) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, candidate := range p.free {
		if candidate == a {
			p.free = append(p.free[:i:i], p.free[i+1:]...)
			p.used[a] = true
			return true
		}
	}
	return false
}

// Release gives an address back. Addresses that are not in use are ignored.
func (p *Pool) Release(a netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used[a] {
		delete(p.used, a)
		p.free = append(p.free, a)
	}
}
