// Package certificate keeps what HTTPS listeners prove their names with, and
// chooses among it in every handshake.
//
// A certificate is replaced under its name: handshakes that come later get
// the new one, and connections that are open go on as they are.
package certificate

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"fairway.dev/fairway/providers/local/wire"
)

// Store holds certificates by name. Its methods may be called at the same
// time.
type Store struct {
	mu     sync.RWMutex
	byName map[string]*tls.Certificate
}

// NewStore makes an empty Store.
func NewStore() *Store { return &Store{byName: map[string]*tls.Certificate{}} }

// Set puts a certificate in force. One that cannot be used is refused: the
// error says why, without a word of the key, and what was in force stays.
func (s *Store) Set(c wire.Certificate) error {
	if c.Name == "" {
		return errors.New("the certificate has no name")
	}
	pair, err := tls.X509KeyPair([]byte(c.Chain), c.Key.Reveal())
	if err != nil {
		return fmt.Errorf("certificate %q: %w", c.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byName[c.Name] = &pair
	return nil
}

// Remove takes a certificate out of force.
func (s *Store) Remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byName, name)
}

// Choose picks one of the named certificates for a client. One that is for
// the very name that the client asks for goes before one with a wildcard, and
// that before all others; equals keep the order of names. The first whose
// kind of key the client can verify is taken, or the first of all, with which
// the client may then do as it likes. It gives nil when none is held.
func (s *Store) Choose(names []string, hello *tls.ClientHelloInfo) *tls.Certificate {
	held := s.held(names)
	if len(held) == 0 {
		return nil
	}
	slices.SortStableFunc(held, func(a, b *tls.Certificate) int {
		return cmp.Compare(rank(a, hello.ServerName), rank(b, hello.ServerName))
	})
	nameless := *hello // names are our affair, kinds of keys are asked for
	nameless.ServerName = ""
	for _, c := range held {
		if nameless.SupportsCertificate(c) == nil {
			return c
		}
	}
	return held[0]
}

func (s *Store) held(names []string) []*tls.Certificate {
	s.mu.RLock()
	defer s.mu.RUnlock()
	held := make([]*tls.Certificate, 0, len(names))
	for _, name := range names {
		if c := s.byName[name]; c != nil {
			held = append(held, c)
		}
	}
	return held
}

// rank says how well a certificate fits a name: 0 is best. A wildcard stands
// for one label (RFC 6125, 6.4.3).
func rank(c *tls.Certificate, name string) int {
	_, parent, _ := strings.Cut(name, ".")
	best := 2
	for _, of := range c.Leaf.DNSNames {
		if strings.EqualFold(of, name) {
			return 0
		}
		if domain, wild := strings.CutPrefix(of, "*."); wild && strings.EqualFold(domain, parent) {
			best = 1
		}
	}
	return best
}
