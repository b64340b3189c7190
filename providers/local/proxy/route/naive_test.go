package route

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/proxy/request"
)

// headers is a request's header fields, by lower-case name.
type headers map[string][]string

func (h headers) Values(name string) []string { return h[name] }

// get makes a request for a URL-like "host/path?query".
func get(target string) *request.Request {
	host, rest, _ := strings.Cut(target, "/")
	path, query, _ := strings.Cut("/"+rest, "?")
	canonical, err := request.CanonicalPath(path)
	if err != nil {
		panic(err)
	}
	return &request.Request{
		Method: "GET", Scheme: "http", Authority: host, Host: request.Host(host),
		RawPath: path, Path: canonical, RawQuery: query, Headers: headers{},
	}
}

// naive is the table as the specification words it: a scan over everything.
type naive struct {
	routes    map[string]*ir.Route
	listeners map[string]ir.Listener
}

// match gives the listener and the place of the rule, in words.
func (n *naive) match(port uint16, r *request.Request) (listener, place string) {
	listener, ok := n.listener(port, r.Host)
	if !ok {
		return "", ""
	}
	byHost := map[string][]ir.Place{}
	for _, route := range n.routes {
		for _, hostname := range hostnamesOn(route, listener) {
			if !fitsRouteHost(hostname, r.Host) {
				continue
			}
			for i, rule := range route.Rules {
				for j := range rule.Matches {
					byHost[hostname] = append(byHost[hostname], ir.Place{Route: route, Rule: i, Match: j})
				}
			}
		}
	}
	hostnames := slices.SortedFunc(maps.Keys(byHost), func(a, b string) int {
		return cmp.Or(
			cmp.Compare(strings.Count(a, "*"), strings.Count(b, "*")),
			cmp.Compare(len(b), len(a)),
		)
	})
	for _, hostname := range hostnames {
		places := byHost[hostname]
		slices.SortFunc(places, ir.ComparePlaces)
		for _, p := range places {
			if fitsNaively(&p.Route.Rules[p.Rule].Matches[p.Match], r) {
				return listener, p.Route.Name + "#" + string(rune('0'+p.Rule))
			}
		}
	}
	return listener, ""
}

func (n *naive) listener(port uint16, host string) (string, bool) {
	var best *ir.Listener
	for _, l := range n.listeners {
		if l.Port != port || l.Hostname != "" && !fitsRouteHost(l.Hostname, host) {
			continue
		}
		if best == nil || compareListeners(l, *best) < 0 {
			best = &l
		}
	}
	if best == nil {
		return "", false
	}
	return best.Name, true
}

func hostnamesOn(r *ir.Route, listener string) []string {
	var out []string
	for _, a := range r.Attachments {
		if a.Listener == listener {
			out = append(out, a.Hostnames...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func fitsRouteHost(hostname, host string) bool {
	if hostname == "*" || hostname == host {
		return true
	}
	domain, wild := strings.CutPrefix(hostname, "*")
	return wild && strings.HasSuffix(host, domain) && host != domain
}

func fitsNaively(m *ir.Match, r *request.Request) bool {
	switch m.Path.Kind {
	case ir.Exact:
		if r.Path != m.Path.Value {
			return false
		}
	case ir.Prefix:
		if m.Path.Value != "/" && r.Path != m.Path.Value && !strings.HasPrefix(r.Path, m.Path.Value+"/") {
			return false
		}
	default:
		if !regexp.MustCompile("^(" + m.Path.Value + ")$").MatchString(r.Path) {
			return false
		}
	}
	if m.Method != "" && m.Method != r.Method {
		return false
	}
	for _, h := range m.Headers {
		if got := r.Headers.Values(h.Name); len(got) == 0 || !fitsValue(h, strings.Join(got, ",")) {
			return false
		}
	}
	for _, q := range m.Query {
		if got, ok := r.Query(q.Name); !ok || !fitsValue(q, got) {
			return false
		}
	}
	return true
}

func fitsValue(m ir.ValueMatch, got string) bool {
	if m.Kind == ir.Regex {
		return regexp.MustCompile("^(" + m.Value + ")$").MatchString(got)
	}
	return m.Value == got
}
