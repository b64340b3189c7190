package route

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/proxy/request"
)

// compiled is a route in the form in which it is looked up.
type compiled struct {
	hosts      []string // hostKeys, sorted, each once
	candidates []*candidate
}

// candidate is one match of one rule, compiled.
type candidate struct {
	place    ir.Place
	kind     ir.MatchKind
	path     string         // canonical, for exact paths and prefixes
	elements int            // of a prefix
	regex    *regexp.Regexp // for regular expressions
	method   string
	headers  []value
	query    []value
	rule     *Rule
}

// compareCandidates is ir.ComparePlaces, made total by the route's kind.
func compareCandidates(a, b *candidate) int {
	return cmp.Or(
		ir.ComparePlaces(a.place, b.place),
		strings.Compare(a.place.Route.Name, b.place.Route.Name),
	)
}

func compile(r *ir.Route) (*compiled, error) {
	if r.Name == "" {
		return nil, errors.New("the route has no name")
	}
	c := &compiled{}
	for _, a := range r.Attachments {
		for _, hostname := range a.Hostnames {
			if strings.Contains(strings.TrimPrefix(hostname, "*."), "*") && hostname != "*" || hostname == "" {
				return nil, fmt.Errorf("%q is not a hostname", hostname)
			}
			c.hosts = append(c.hosts, hostKey(a.Listener, hostname))
		}
	}
	slices.Sort(c.hosts)
	c.hosts = slices.Compact(c.hosts)
	for i := range r.Rules {
		rule, err := compileRule(r, i)
		if err != nil {
			return nil, fmt.Errorf("rule %d: %w", i, err)
		}
		for j := range r.Rules[i].Matches {
			m, err := compileMatch(&r.Rules[i].Matches[j])
			if err != nil {
				return nil, fmt.Errorf("rule %d: match %d: %w", i, j, err)
			}
			if rule.needsPrefix() && m.kind != ir.Prefix {
				return nil, fmt.Errorf("rule %d: match %d: a filter replaces the path's prefix, but the match is not by prefix", i, j)
			}
			m.place, m.rule = ir.Place{Route: r, Rule: i, Match: j}, rule
			c.candidates = append(c.candidates, m)
		}
	}
	return c, nil
}

func compileMatch(m *ir.Match) (*candidate, error) {
	c := &candidate{kind: m.Path.Kind, method: m.Method}
	var err error
	switch m.Path.Kind {
	case ir.Exact, ir.Prefix:
		if c.path, err = request.CanonicalPath(m.Path.Value); err != nil {
			return nil, fmt.Errorf("path %q: %w", m.Path.Value, err)
		}
		c.elements = request.Elements(c.path)
	case ir.Regex:
		if c.regex, err = compileRegex(m.Path.Value); err != nil {
			return nil, fmt.Errorf("path: %w", err)
		}
	default:
		return nil, fmt.Errorf("unknown kind of path match %q", m.Path.Kind)
	}
	for _, h := range m.Headers {
		v, err := compileValue(h)
		if err != nil {
			return nil, fmt.Errorf("header %q: %w", h.Name, err)
		}
		v.name = strings.ToLower(v.name)
		c.headers = append(c.headers, v)
	}
	for _, q := range m.Query {
		v, err := compileValue(q)
		if err != nil {
			return nil, fmt.Errorf("query parameter %q: %w", q.Name, err)
		}
		c.query = append(c.query, v)
	}
	return c, nil
}

// on reports whether the route is attached at a host, by hostKey. A nil route
// is attached nowhere.
func (c *compiled) on(key string) bool {
	if c == nil {
		return false
	}
	_, found := slices.BinarySearch(c.hosts, key)
	return found
}

// fits compares everything but host and indexed path.
func (c *candidate) fits(r *request.Request) bool {
	if c.method != "" && c.method != r.Method {
		return false
	}
	for i := range c.headers {
		if !c.headers[i].fitsHeader(r.Headers) {
			return false
		}
	}
	for i := range c.query {
		got, ok := r.Query(c.query[i].name)
		if !ok || !c.query[i].fits(got) {
			return false
		}
	}
	return c.regex == nil || c.regex.MatchString(r.Path)
}
