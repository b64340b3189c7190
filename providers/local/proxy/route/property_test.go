package route

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/proxy/request"
)

var (
	someHosts     = []string{"*", "a.example.com", "b.example.com", "x.a.example.com", "*.example.com", "*.a.example.com", "*.com", "example.com"}
	someListeners = []string{"web", "wild", "exact", "other"}
	somePaths     = []string{"/", "/a", "/a/b", "/a/b/c", "/ab", "/b"}
	someRegexes   = []string{"/a.*", "/a/[a-z]", "/(a|b)", ".*"}
	someMethods   = []string{"", "", "GET", "POST"}
	someNames     = []string{"x", "y"}
	someValues    = []string{"1", "2"}
)

func oneOf[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

func someValueMatches(r *rand.Rand) []ir.ValueMatch {
	var out []ir.ValueMatch
	for _, name := range someNames {
		switch r.IntN(6) {
		case 0:
			out = append(out, ir.ValueMatch{Name: name, Kind: ir.Exact, Value: oneOf(r, someValues)})
		case 1:
			out = append(out, ir.ValueMatch{Name: name, Kind: ir.Regex, Value: "[12]"})
		}
	}
	return out
}

func someRoute(r *rand.Rand, name string) *ir.Route {
	route := &ir.Route{Name: name, Created: int64(r.IntN(3))}
	for range 1 + r.IntN(2) {
		a := ir.Attachment{Listener: oneOf(r, someListeners)}
		for range 1 + r.IntN(3) {
			a.Hostnames = append(a.Hostnames, oneOf(r, someHosts))
		}
		route.Attachments = append(route.Attachments, a)
	}
	for range 1 + r.IntN(3) {
		var rule ir.Rule
		for range 1 + r.IntN(2) {
			m := ir.Match{Method: oneOf(r, someMethods), Headers: someValueMatches(r), Query: someValueMatches(r)}
			switch r.IntN(5) {
			case 0:
				m.Path = ir.PathMatch{Kind: ir.Exact, Value: oneOf(r, somePaths)}
			case 1:
				m.Path = ir.PathMatch{Kind: ir.Regex, Value: oneOf(r, someRegexes)}
			default:
				m.Path = ir.PathMatch{Kind: ir.Prefix, Value: oneOf(r, somePaths)}
			}
			rule.Matches = append(rule.Matches, m)
		}
		route.Rules = append(route.Rules, rule)
	}
	return route
}

func someListener(r *rand.Rand, name string) ir.Listener {
	hostname := oneOf(r, someHosts)
	if hostname == "*" {
		hostname = ""
	}
	return ir.Listener{Name: name, Port: uint16(80 + r.IntN(2)), Protocol: ir.HTTP, Hostname: hostname}
}

func someRequest(r *rand.Rand) (uint16, *request.Request) {
	host := oneOf(r, []string{"a.example.com", "b.example.com", "x.a.example.com", "y.x.a.example.com", "example.com", "a.org", "", "z.com"})
	path := oneOf(r, []string{"/", "/a", "/a/", "/a/b", "/a/b/c", "/a/b/c/d", "/ab", "/abc", "/b", "/c", "//a", "/%61"})
	req := get(host + path)
	req.Method = oneOf(r, []string{"GET", "POST", "PUT"})
	for _, name := range someNames {
		if r.IntN(2) == 0 {
			req.Headers.(headers)[name] = []string{oneOf(r, someValues)}
		}
		if r.IntN(2) == 0 {
			req.RawQuery += "&" + name + "=" + oneOf(r, someValues)
		}
	}
	return uint16(80 + r.IntN(2)), req
}

// After any piecewise changes, a table answers as one made at once, and both
// answer as the specification is worded.
func TestTableEqualsNaiveMatcher(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 0))
		n := &naive{routes: map[string]*ir.Route{}, listeners: map[string]ir.Listener{}}
		table := New()
		for range 200 {
			name := fmt.Sprintf("HTTPRoute/ns/r%d", r.IntN(12))
			switch r.IntN(8) {
			case 0, 1:
				table.RemoveRoute(name)
				delete(n.routes, name)
			case 2:
				l := someListener(r, oneOf(r, someListeners))
				table.SetListener(l)
				n.listeners[l.Name] = l
			case 3:
				l := oneOf(r, someListeners)
				table.RemoveListener(l)
				delete(n.listeners, l)
			default:
				route := someRoute(r, name)
				if err := table.SetRoute(route); err != nil {
					t.Fatal(err)
				}
				n.routes[name] = route
			}
			compare(t, seed, r, n, table, 5)
		}
		fresh := New()
		for _, l := range n.listeners {
			fresh.SetListener(l)
		}
		for _, route := range n.routes {
			if err := fresh.SetRoute(route); err != nil {
				t.Fatal(err)
			}
		}
		compare(t, seed, r, n, table, 200)
		compare(t, seed, r, n, fresh, 200)
		for name := range n.routes {
			table.RemoveRoute(name)
		}
		if left := table.current.Load().hosts.Len(); left != 0 {
			t.Fatalf("seed %d: %d hosts are left of no route", seed, left)
		}
	}
}

func compare(t *testing.T, seed uint64, r *rand.Rand, n *naive, table *Table, times int) {
	t.Helper()
	for range times {
		port, req := someRequest(r)
		listener, place := n.match(port, req)
		got := table.Match(port, req)
		gotPlace := ""
		if got.Rule != nil {
			gotPlace = got.Rule.Route + "#" + got.Rule.Index
		}
		if got.Listener != listener || gotPlace != place {
			t.Fatalf("seed %d: %s %d %s%s ?%s %v: got %q %q, want %q %q", seed, req.Method, port, req.Host, req.RawPath,
				req.RawQuery, req.Headers, got.Listener, gotPlace, listener, place)
		}
	}
}
