// Package route decides which rule serves a request.
//
// A [Table] is compiled: regular expressions are parsed, hosts and paths are
// indexed. It is replaced piecewise: setting a route copies the few index
// nodes on the way to its own hosts and paths and shares the rest, so one
// change costs the route's own size whatever else the table holds. (Only
// matches that share host and path, or the regular expressions of one host,
// stand in a list that is copied as a whole.) A lookup loads one pointer and
// takes no lock.
package route

import (
	"strings"
	"sync"
	"sync/atomic"

	iradix "github.com/hashicorp/go-immutable-radix/v2"

	"fairway.dev/fairway/providers/ir"
)

// Table is the routing of one Gateway. Routes and listeners may come in any
// order. Its methods may be called at the same time.
type Table struct {
	current atomic.Pointer[snapshot]

	mu        sync.Mutex // held while replacing current
	routes    map[string]*compiled
	listeners map[string]ir.Listener
}

// snapshot is one state of the table. It never changes.
type snapshot struct {
	ports map[uint16][]ir.Listener
	hosts *iradix.Tree[*host] // by hostKey
}

// New makes an empty table.
func New() *Table {
	t := &Table{routes: map[string]*compiled{}, listeners: map[string]ir.Listener{}}
	t.current.Store(&snapshot{hosts: iradix.New[*host]()})
	return t
}

// SetRoute puts a route in force, in place of the one of the same name. A
// route that cannot be compiled is refused as a whole: the error says why,
// and what was in force stays.
func (t *Table) SetRoute(r *ir.Route) error {
	c, err := compile(r)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.replace(t.routes[r.Name], c)
	t.routes[r.Name] = c
	return nil
}

// RemoveRoute takes a route out of force.
func (t *Table) RemoveRoute(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if old := t.routes[name]; old != nil {
		t.replace(old, nil)
		delete(t.routes, name)
	}
}

// replace puts one compiled route in the place of another; either may be nil.
func (t *Table) replace(old, with *compiled) {
	was := t.current.Load()
	hosts := was.hosts.Txn()
	change := func(key string) {
		present, _ := hosts.Get([]byte(key))
		if next := present.replace(key, old, with); next == nil {
			hosts.Delete([]byte(key))
		} else {
			hosts.Insert([]byte(key), next)
		}
	}
	if old != nil {
		for _, key := range old.hosts {
			change(key)
		}
	}
	if with != nil {
		for _, key := range with.hosts {
			if !old.on(key) {
				change(key)
			}
		}
	}
	t.current.Store(&snapshot{ports: was.ports, hosts: hosts.Commit()})
}

// hostKey is where the tree of hosts holds what a listener serves for a
// route's hostname. Hosts are written backwards, so that the keys of all
// wildcards that fit a host are prefixes of the host's own key: a walk from
// the root passes them from the least to the most specific.
func hostKey(listener, hostname string) string {
	switch domain, wild := strings.CutPrefix(hostname, "*"); {
	case wild:
		return string(appendReversed([]byte(listener+"\x00"), domain))
	default:
		return string(appendHostKey(nil, listener, hostname))
	}
}

// appendHostKey appends the key of an exact host.
func appendHostKey(b []byte, listener, host string) []byte {
	b = append(b, listener...)
	b = append(b, 0)
	b = appendReversed(b, host)
	return append(b, 0)
}

func appendReversed(b []byte, s string) []byte {
	for i := len(s) - 1; i >= 0; i-- {
		b = append(b, s[i])
	}
	return b
}
