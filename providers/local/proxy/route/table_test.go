package route

import (
	"strings"
	"testing"

	"fairway.dev/fairway/providers/ir"
)

// attach makes a route named after its host, or name, with one rule per path.
func attach(name, listener string, hostnames []string, paths ...ir.PathMatch) *ir.Route {
	r := &ir.Route{Name: "HTTPRoute/ns/" + name, Attachments: []ir.Attachment{{Listener: listener, Hostnames: hostnames}}}
	for _, p := range paths {
		r.Rules = append(r.Rules, ir.Rule{Matches: []ir.Match{{Path: p}}})
	}
	return r
}

func prefix(p string) ir.PathMatch { return ir.PathMatch{Kind: ir.Prefix, Value: p} }
func exact(p string) ir.PathMatch  { return ir.PathMatch{Kind: ir.Exact, Value: p} }
func regex(p string) ir.PathMatch  { return ir.PathMatch{Kind: ir.Regex, Value: p} }

func table(t *testing.T, listeners []ir.Listener, routes ...*ir.Route) *Table {
	t.Helper()
	tab := New()
	for _, l := range listeners {
		tab.SetListener(l)
	}
	for _, r := range routes {
		if err := tab.SetRoute(r); err != nil {
			t.Fatal(err)
		}
	}
	return tab
}

var web = []ir.Listener{{Name: "web", Port: 80, Protocol: ir.HTTP}}

// answer is "listener route#rule", with what is empty left out.
func answer(m Match) string {
	if m.Rule == nil {
		return m.Listener
	}
	return m.Listener + " " + strings.TrimPrefix(m.Rule.Route, "HTTPRoute/ns/") + "#" + m.Rule.Index
}

func TestHosts(t *testing.T) {
	tab := table(t, web,
		attach("any", "web", []string{"*"}, prefix("/")),
		attach("com", "web", []string{"*.com"}, prefix("/")),
		attach("wild", "web", []string{"*.example.com"}, prefix("/")),
		attach("deep", "web", []string{"*.a.example.com"}, prefix("/deep")),
		attach("exact", "web", []string{"a.example.com", "b.example.com"}, exact("/only")),
	)
	for target, want := range map[string]string{
		"a.example.com/only":       "web exact#0",
		"A.Example.Com:8080/only":  "web exact#0",
		"a.example.com./only":      "web exact#0",
		"b.example.com/only":       "web exact#0",
		"a.example.com/else":       "web wild#0", // nothing of the exact host fits
		"x.a.example.com/deep":     "web deep#0",
		"y.x.a.example.com/deep/x": "web deep#0",
		"x.a.example.com/else":     "web wild#0",
		"example.com/":             "web com#0",
		"notexample.com/":          "web com#0",
		"org/":                     "web any#0",
		"/":                        "web any#0",
		"[2001:db8::1]:80/":        "web any#0",
	} {
		if got := answer(tab.Match(80, get(target))); got != want {
			t.Errorf("%s: got %q, want %q", target, got, want)
		}
	}
	if got := answer(tab.Match(81, get("a.example.com/only"))); got != "" {
		t.Errorf("another port answers %q", got)
	}
}

func TestPaths(t *testing.T) {
	tab := table(t, web, attach("r", "web", []string{"*"},
		prefix("/a"), exact("/a"), prefix("/a/b"), exact("/a/b/"), regex("/r/[0-9]+"), prefix("/caf%C3%A9"), exact("/%7Eme"), regex("/deep.*")))
	for target, want := range map[string]string{
		"h/a":           "web r#1",
		"h/a/":          "web r#0",
		"h/a/c":         "web r#0",
		"h/a/b":         "web r#2",
		"h/a/b/":        "web r#3",
		"h/a/b/c":       "web r#2",
		"h/a/bc":        "web r#0",
		"h/ab":          "web",
		"h/A":           "web",
		"h/":            "web",
		"h//a//b":       "web r#2",
		"h/%61/b":       "web r#2",
		"h/a%2Fb":       "web",
		"h/r/12":        "web r#4",
		"h/r/12x":       "web",
		"h/x/r/12":      "web",
		"h/caf%c3%a9/x": "web r#5",
		"h/café":        "web r#5",
		"h/~me":         "web r#6",
		"h/deep/x":      "web r#7",
	} {
		if got := answer(tab.Match(80, get(target))); got != want {
			t.Errorf("%s: got %q, want %q", target, got, want)
		}
	}
	if m := tab.Match(80, get("h/a/b/c/d")); m.Elements != 2 {
		t.Errorf("the rule matched %d elements, want 2", m.Elements)
	}
}

func TestListenersAreIsolated(t *testing.T) {
	listeners := []ir.Listener{
		{Name: "all", Port: 80},
		{Name: "wild", Port: 80, Hostname: "*.example.com"},
		{Name: "deep", Port: 80, Hostname: "*.foo.example.com"},
		{Name: "exact", Port: 80, Hostname: "abc.foo.example.com"},
		{Name: "else", Port: 8080, Hostname: "abc.foo.example.com"},
	}
	var routes []*ir.Route
	for _, l := range listeners {
		routes = append(routes, attach(l.Name, l.Name, []string{"*"}, prefix("/"+l.Name)))
	}
	tab := table(t, listeners, routes...)
	for target, want := range map[string]string{
		"bar.com/all":                 "all all#0",
		"bar.com/wild":                "all",
		"bar.example.com/wild":        "wild wild#0",
		"bar.example.com/all":         "wild",
		"bar.foo.example.com/deep":    "deep deep#0",
		"bar.foo.example.com/wild":    "deep",
		"abc.foo.example.com/exact":   "exact exact#0",
		"abc.foo.example.com/deep":    "exact",
		"example.com/all":             "all all#0",
		"x.abc.foo.example.com/deep":  "deep deep#0",
		"x.abc.foo.example.com/exact": "deep",
	} {
		if got := answer(tab.Match(80, get(target))); got != want {
			t.Errorf("%s: got %q, want %q", target, got, want)
		}
	}
	tab.RemoveListener("exact")
	if got := answer(tab.Match(80, get("abc.foo.example.com/deep"))); got != "deep deep#0" {
		t.Errorf("without the exact listener: got %q", got)
	}
	tab.SetListener(listeners[3])
	if got := answer(tab.Match(80, get("abc.foo.example.com/exact"))); got != "exact exact#0" {
		t.Errorf("with the exact listener back: got %q", got)
	}
}

func TestHeadersAndQuery(t *testing.T) {
	route := attach("r", "web", []string{"*"}, prefix("/"))
	route.Rules[0].Matches[0].Headers = []ir.ValueMatch{
		{Name: "X-Exact", Kind: ir.Exact, Value: "a,b"},
		{Name: "x-regex", Kind: ir.Regex, Value: "v[0-9]"},
	}
	route.Rules[0].Matches[0].Query = []ir.ValueMatch{{Name: "q", Kind: ir.Exact, Value: "1 2"}}
	tab := table(t, web, route)
	for _, c := range []struct {
		target string
		with   headers
		fits   bool
	}{
		{"h/?q=1+2", headers{"x-exact": {"a", "b"}, "x-regex": {"v1"}}, true},
		{"h/?q=1%202&q=no", headers{"x-exact": {"a,b"}, "x-regex": {"v1"}}, true},
		{"h/?q=no&q=1+2", headers{"x-exact": {"a,b"}, "x-regex": {"v1"}}, false},
		{"h/?q=1+2", headers{"x-exact": {"a", "b"}, "x-regex": {"v12"}}, false},
		{"h/?q=1+2", headers{"x-exact": {"b", "a"}, "x-regex": {"v1"}}, false},
		{"h/?q=1+2", headers{"x-exact": {"a", "b"}}, false},
		{"h/", headers{"x-exact": {"a", "b"}, "x-regex": {"v1"}}, false},
	} {
		r := get(c.target)
		r.Headers = c.with
		if got := tab.Match(80, r).Rule != nil; got != c.fits {
			t.Errorf("%s %v: fits is %v", c.target, c.with, got)
		}
	}
}

func TestSetRouteRefusesTheWholeRoute(t *testing.T) {
	replacePrefix := []ir.Filter{{Rewrite: &ir.Rewrite{Path: &ir.PathModifier{Kind: ir.ReplacePrefixMatch, Value: "/x"}}}}
	for want, change := range map[string]func(r *ir.Route){
		"rule 1: match 0: path: error parsing regexp": func(r *ir.Route) { r.Rules[1].Matches[0].Path = regex("a(") },
		"unexpected )":                                   func(r *ir.Route) { r.Rules[1].Matches[0].Path = regex("a)(b") },
		"the path has a dot segment":                     func(r *ir.Route) { r.Rules[0].Matches[0].Path = exact("/a/../b") },
		"unknown kind of path match":                     func(r *ir.Route) { r.Rules[0].Matches[0].Path.Kind = "Glob" },
		`header "h": unknown kind of match "PathPrefix"`: func(r *ir.Route) { r.Rules[0].Matches[0].Headers = []ir.ValueMatch{{Name: "h", Kind: ir.Prefix}} },
		`query parameter "q": error parsing regexp`: func(r *ir.Route) {
			r.Rules[0].Matches[0].Query = []ir.ValueMatch{{Name: "q", Kind: ir.Regex, Value: "["}}
		},
		"rule 0: backend 0: the weight -1 is below zero":  func(r *ir.Route) { r.Rules[0].Backends = []ir.Backend{{Weight: -1}} },
		"rule 0: filter 0: 0 kinds":                       func(r *ir.Route) { r.Rules[0].Filters = []ir.Filter{{}} },
		"rule 0: backend 0: filter 0: 0 kinds":            func(r *ir.Route) { r.Rules[0].Backends = []ir.Backend{{Weight: 1, Filters: []ir.Filter{{}}}} },
		"rule 1: match 0: a filter replaces the path's p": func(r *ir.Route) { r.Rules[1].Filters = replacePrefix },
		`"a.*.b" is not a hostname`:                       func(r *ir.Route) { r.Attachments[0].Hostnames = []string{"a.*.b"} },
		"the route has no name":                           func(r *ir.Route) { r.Name = "" },
	} {
		tab := table(t, web, attach("r", "web", []string{"*"}, prefix("/old")))
		route := attach("r", "web", []string{"*"}, prefix("/new"), exact("/new/exact"))
		change(route)
		if err := tab.SetRoute(route); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		if got := answer(tab.Match(80, get("h/old"))); got != "web r#0" {
			t.Errorf("%s: the route in force was lost: %q", want, got)
		}
		if got := answer(tab.Match(80, get("h/new"))); got != "web" {
			t.Errorf("%s: part of a refused route is in force: %q", want, got)
		}
	}
}

func TestChooseFollowsWeights(t *testing.T) {
	route := attach("r", "web", []string{"*"}, prefix("/"))
	route.Rules[0].Backends = []ir.Backend{{Pool: "none", Weight: 0}, {Pool: "a", Weight: 1}, {Weight: 2}, {Pool: "b", Weight: 7}, {Pool: "z", Weight: 0}}
	rule := table(t, web, route).Match(80, get("h/")).Rule
	got := map[string]int{}
	for n := range uint64(10) {
		got[rule.Choose(func(total uint64) uint64 {
			if total != 10 {
				t.Fatalf("the weights add up to %d, want 10", total)
			}
			return n
		}).Pool]++
	}
	if got["a"] != 1 || got[""] != 2 || got["b"] != 7 || len(got) != 3 {
		t.Errorf("shares are %v", got)
	}

	route.Rules[0].Backends = []ir.Backend{{Pool: "none", Weight: 0}}
	if b := table(t, web, route).Match(80, get("h/")).Rule.Choose(nil); b != nil {
		t.Errorf("a backend of weight 0 was chosen: %v", b)
	}
}

// The cases of the Gateway API's listener hostname and misdirected requests.
func TestMisdirectedRequests(t *testing.T) {
	listeners := []ir.Listener{
		{Name: "all", Port: 443, Protocol: ir.HTTPS},
		{Name: "second", Port: 443, Protocol: ir.HTTPS, Hostname: "second.example.org"},
		{Name: "wild", Port: 443, Protocol: ir.HTTPS, Hostname: "*.wild.org"},
		{Name: "fourth", Port: 443, Protocol: ir.HTTPS, Hostname: "fourth.wild.org"},
		{Name: "lone", Port: 8443, Protocol: ir.HTTPS, Hostname: "lone.example.org"},
		{Name: "web", Port: 80, Protocol: ir.HTTP},
	}
	tab := New()
	for _, l := range listeners {
		tab.SetListener(l)
	}
	for _, c := range []struct {
		port         uint16
		server, host string
		listener     string
		misdirected  bool
	}{
		{443, "example.org", "example.org", "all", false},
		{443, "example.org", "unknown.org", "all", false},
		{443, "", "example.org", "all", false},
		{443, "example.org", "second.example.org", "second", true},
		{443, "", "second.example.org", "second", true},
		{443, "second.example.org", "second.example.org", "second", false},
		{443, "second.example.org", "example.org", "all", true},
		{443, "third.wild.org", "fifth.wild.org", "wild", false},
		{443, "third.wild.org", "fourth.wild.org", "fourth", true},
		{443, "fourth.wild.org", "fifth.wild.org", "wild", true},
		{8443, "lone.example.org", "lone.example.org", "lone", false},
		{8443, "lone.example.org", "unknown.org", "", false},
		{8443, "gone.example.org", "lone.example.org", "lone", true},
		// The listener changed its protocol while the connection was open.
		{80, "example.org", "example.org", "web", true},
	} {
		r := get(c.host + "/")
		r.Scheme, r.ServerName = "https", c.server
		if got := tab.Match(c.port, r); got.Listener != c.listener || got.Misdirected != c.misdirected {
			t.Errorf("port %d, server name %q, host %q: got %q, misdirected %v; want %q, %v",
				c.port, c.server, c.host, got.Listener, got.Misdirected, c.listener, c.misdirected)
		}
	}
	if got := tab.Match(443, get("example.org/")); !got.Misdirected {
		t.Error("a request without TLS is taken for an HTTPS listener")
	}
	for port, want := range map[uint16]bool{80: false, 443: true, 81: false} {
		if got := tab.Secure(port); got != want {
			t.Errorf("port %d: secure is %v", port, got)
		}
	}
}
