package filter

import (
	"fmt"
	"net/url"
	"strings"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/proxy/request"
)

// path is a compiled path modifier. A nil path keeps the request's.
type path struct {
	prefix bool
	value  string
}

func compilePath(m *ir.PathModifier) (*path, error) {
	if m == nil {
		return nil, nil
	}
	value := m.Value
	if !strings.HasPrefix(value, "/") {
		value = "/" + value
	}
	u, err := url.ParseRequestURI(value)
	if err != nil || u.RawQuery != "" || u.ForceQuery || strings.ContainsRune(value, '#') {
		return nil, fmt.Errorf("%q is not a path", m.Value)
	}
	switch m.Kind {
	case ir.ReplaceFullPath:
		return &path{value: u.EscapedPath()}, nil
	case ir.ReplacePrefixMatch:
		return &path{prefix: true, value: strings.TrimRight(u.EscapedPath(), "/")}, nil
	}
	return nil, fmt.Errorf("unknown kind of path modifier %q", m.Kind)
}

func (p *path) needsPrefix() bool { return p != nil && p.prefix }

// apply gives the new path for one as sent, of which the rule matched the
// first n elements. It follows the table of HTTPPathModifier.
func (p *path) apply(raw string, n int) string {
	if p == nil {
		return raw
	}
	if !p.prefix {
		return p.value
	}
	if out := p.value + request.SkipElements(raw, n); out != "" {
		return out
	}
	return "/"
}

// Rewrite changes the host and the path that a backend sees.
type Rewrite struct {
	hostname string
	path     *path
}

func compileRewrite(r *ir.Rewrite) (*Rewrite, error) {
	p, err := compilePath(r.Path)
	if err != nil {
		return nil, err
	}
	if !validHostname(r.Hostname) {
		return nil, fmt.Errorf("%q is not a hostname", r.Hostname)
	}
	return &Rewrite{hostname: r.Hostname, path: p}, nil
}

// Authority is the Host header that the backend gets. A nil Rewrite keeps
// the client's.
func (w *Rewrite) Authority(r *request.Request) string {
	if w == nil || w.hostname == "" {
		return r.Authority
	}
	return w.hostname
}

// Path is the path that the backend gets, escaped, when the rule matched the
// first n elements. A nil Rewrite keeps the path as sent.
func (w *Rewrite) Path(r *request.Request, n int) string {
	if w == nil {
		return r.RawPath
	}
	return w.path.apply(r.RawPath, n)
}

// Over is w where it says something, and below where it does not: a
// backend's own rewrite over its rule's.
func (w *Rewrite) Over(below *Rewrite) *Rewrite {
	if w == nil || below == nil {
		if w == nil {
			return below
		}
		return w
	}
	merged := *w
	if merged.hostname == "" {
		merged.hostname = below.hostname
	}
	if merged.path == nil {
		merged.path = below.path
	}
	return &merged
}

// validHostname accepts what may stand in a Host header without a port; empty
// means that the request's host is kept.
func validHostname(h string) bool {
	for _, c := range []byte(h) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_':
		default:
			return false
		}
	}
	return true
}
