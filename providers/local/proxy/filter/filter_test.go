package filter

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/proxy/request"
)

func compile(t *testing.T, filters ...ir.Filter) Chain {
	t.Helper()
	c, err := Compile(filters)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The table stands in the documentation of HTTPPathModifier; the rows below
// the line are our reading of it for other spellings.
func TestReplacePrefixMatch(t *testing.T) {
	for _, c := range []struct{ raw, prefix, value, want string }{
		{"/foo/bar", "/foo", "/xyz", "/xyz/bar"},
		{"/foo/bar", "/foo", "/xyz/", "/xyz/bar"},
		{"/foo/bar", "/foo/", "/xyz", "/xyz/bar"},
		{"/foo/bar", "/foo/", "/xyz/", "/xyz/bar"},
		{"/foo", "/foo", "/xyz", "/xyz"},
		{"/foo/", "/foo", "/xyz", "/xyz/"},
		{"/foo/bar", "/foo", "", "/bar"},
		{"/foo/", "/foo", "", "/"},
		{"/foo", "/foo", "", "/"},
		{"/foo/", "/foo", "/", "/"},
		{"/foo", "/foo", "/", "/"},
		// ---
		{"/foo/bar", "/", "/xyz", "/xyz/foo/bar"},
		{"/", "/", "/xyz", "/xyz/"},
		{"//foo/bar", "/foo", "/xyz", "/xyz/bar"},
		{"/foo//bar", "/foo", "/xyz", "/xyz//bar"},
		{"/%66oo/b%2fr", "/foo", "/xyz", "/xyz/b%2fr"},
		{"/foo/bar", "/foo", "/x%20z", "/x%20z/bar"},
	} {
		chain := compile(t, ir.Filter{Rewrite: &ir.Rewrite{Path: &ir.PathModifier{Kind: ir.ReplacePrefixMatch, Value: c.value}}})
		if !chain.NeedsPrefix() {
			t.Error("a prefix replacement needs no prefix")
		}
		got := chain.Rewrite.Path(&request.Request{RawPath: c.raw}, request.Elements(c.prefix))
		if got != c.want {
			t.Errorf("%q with prefix %q replaced by %q: got %q, want %q", c.raw, c.prefix, c.value, got, c.want)
		}
	}
}

func TestRewrite(t *testing.T) {
	r := &request.Request{Authority: "a.example.com:8080", RawPath: "/a//b"}
	full := compile(t, ir.Filter{Rewrite: &ir.Rewrite{Path: &ir.PathModifier{Kind: ir.ReplaceFullPath, Value: "/new"}}}).Rewrite
	host := compile(t, ir.Filter{Rewrite: &ir.Rewrite{Hostname: "b.example.com"}}).Rewrite
	var none *Rewrite
	for _, c := range []struct {
		rewrite         *Rewrite
		authority, path string
	}{
		{none, "a.example.com:8080", "/a//b"},
		{full, "a.example.com:8080", "/new"},
		{host, "b.example.com", "/a//b"},
		{host.Over(full), "b.example.com", "/new"},
		{full.Over(host), "b.example.com", "/new"},
		{none.Over(host), "b.example.com", "/a//b"},
		{host.Over(nil), "b.example.com", "/a//b"},
	} {
		if got := c.rewrite.Authority(r); got != c.authority {
			t.Errorf("authority %q, want %q", got, c.authority)
		}
		if got := c.rewrite.Path(r, 0); got != c.path {
			t.Errorf("path %q, want %q", got, c.path)
		}
	}
}

func TestRedirectLocation(t *testing.T) {
	prefix := &ir.PathModifier{Kind: ir.ReplacePrefixMatch, Value: "/new"}
	for _, c := range []struct {
		name   string
		filter ir.Redirect
		scheme string
		port   uint16
		want   string
	}{
		{"nothing but the status", ir.Redirect{}, "http", 80, "http://a.example.com/old/x?q=1"},
		{"the listener's port", ir.Redirect{}, "http", 8080, "http://a.example.com:8080/old/x?q=1"},
		{"the listener's port, which https implies", ir.Redirect{}, "https", 443, "https://a.example.com/old/x?q=1"},
		{"http on 443 is not implied", ir.Redirect{}, "http", 443, "http://a.example.com:443/old/x?q=1"},
		{"scheme without port", ir.Redirect{Scheme: "https"}, "http", 8080, "https://a.example.com/old/x?q=1"},
		{"the same scheme still sets the port", ir.Redirect{Scheme: "http"}, "http", 8080, "http://a.example.com/old/x?q=1"},
		{"scheme and port", ir.Redirect{Scheme: "https", Port: 8443}, "http", 80, "https://a.example.com:8443/old/x?q=1"},
		{"scheme and its own port", ir.Redirect{Scheme: "https", Port: 443}, "http", 80, "https://a.example.com/old/x?q=1"},
		{"port alone", ir.Redirect{Port: 8083}, "http", 80, "http://a.example.com:8083/old/x?q=1"},
		{"port alone, implied", ir.Redirect{Port: 80}, "http", 8080, "http://a.example.com/old/x?q=1"},
		{"host", ir.Redirect{Hostname: "b.example.com"}, "http", 80, "http://b.example.com/old/x?q=1"},
		{"prefix", ir.Redirect{Path: prefix}, "http", 80, "http://a.example.com/new/x?q=1"},
	} {
		c.filter.Status = 302
		chain := compile(t, ir.Filter{Redirect: &c.filter})
		r := &request.Request{Scheme: c.scheme, Host: "a.example.com", RawPath: "/old/x", RawQuery: "q=1"}
		if got := chain.Redirect.Location(r, c.port, 1); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestRedirectWithoutHostStaysHere(t *testing.T) {
	chain := compile(t, ir.Filter{Redirect: &ir.Redirect{Status: 301}})
	r := &request.Request{Scheme: "http", RawPath: "//evil.example.com/x"}
	if got := chain.Redirect.Location(r, 80, 0); got != "/evil.example.com/x" {
		t.Errorf("got %q", got)
	}
}

func TestEdits(t *testing.T) {
	chain := compile(t,
		ir.Filter{RequestHeaders: &ir.HeaderModifier{
			Set:    []ir.Header{{Name: "x-set", Value: "new"}},
			Add:    []ir.Header{{Name: "X-Add", Value: "second"}},
			Remove: []string{"x-remove"},
		}},
		ir.Filter{ResponseHeaders: &ir.HeaderModifier{Set: []ir.Header{{Name: "server", Value: "us"}}}},
	)
	h := http.Header{"X-Set": {"a", "b"}, "X-Add": {"first"}, "X-Remove": {"gone"}, "Other": {"stays"}}
	chain.Request.Apply(h)
	want := http.Header{"X-Set": {"new"}, "X-Add": {"first", "second"}, "Other": {"stays"}}
	if !reflect.DeepEqual(h, want) {
		t.Errorf("got %v, want %v", h, want)
	}
	h = http.Header{}
	chain.Response.Apply(h)
	if got := h.Get("Server"); got != "us" {
		t.Errorf("Server is %q", got)
	}
}

func TestCompileRefuses(t *testing.T) {
	header := func(name, value string) ir.Filter {
		return ir.Filter{RequestHeaders: &ir.HeaderModifier{Set: []ir.Header{{Name: name, Value: value}}}}
	}
	rewrite := ir.Filter{Rewrite: &ir.Rewrite{Hostname: "a"}}
	redirect := ir.Filter{Redirect: &ir.Redirect{Status: 302}}
	for _, c := range []struct {
		filters []ir.Filter
		want    string
	}{
		{[]ir.Filter{{}}, "0 kinds in one filter"},
		{[]ir.Filter{{Rewrite: rewrite.Rewrite, Redirect: redirect.Redirect}}, "2 kinds in one filter"},
		{[]ir.Filter{rewrite, redirect}, "exclude each other"},
		{[]ir.Filter{rewrite, rewrite}, "filter 1: a second rewrite"},
		{[]ir.Filter{redirect, redirect}, "filter 1: a second redirect"},
		{[]ir.Filter{header("a b", "")}, `"a b" is not a header's name`},
		{[]ir.Filter{header("a", "x\r\nb: c")}, `value of "a"`},
		{[]ir.Filter{header("Transfer-Encoding", "chunked")}, "cannot be edited"},
		{[]ir.Filter{header("Host", "x")}, "cannot be edited"},
		{[]ir.Filter{{ResponseHeaders: &ir.HeaderModifier{Remove: []string{"Content-Length"}}}}, "cannot be edited"},
		{[]ir.Filter{{Redirect: &ir.Redirect{Status: 200}}}, "status 200"},
		{[]ir.Filter{{Redirect: &ir.Redirect{Status: 302, Scheme: "ftp"}}}, `scheme "ftp"`},
		{[]ir.Filter{{Redirect: &ir.Redirect{Status: 302, Hostname: "a/b"}}}, "not a hostname"},
		{[]ir.Filter{{Rewrite: &ir.Rewrite{Hostname: "a:80"}}}, "not a hostname"},
		{[]ir.Filter{{Rewrite: &ir.Rewrite{Path: &ir.PathModifier{Kind: "Other", Value: "/"}}}}, `"Other"`},
		{[]ir.Filter{{Rewrite: &ir.Rewrite{Path: &ir.PathModifier{Kind: ir.ReplaceFullPath, Value: "/a?b"}}}}, "not a path"},
		{[]ir.Filter{{Rewrite: &ir.Rewrite{Path: &ir.PathModifier{Kind: ir.ReplaceFullPath, Value: "/%zz"}}}}, "not a path"},
	} {
		if _, err := Compile(c.filters); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}
