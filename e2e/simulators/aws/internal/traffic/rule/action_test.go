package rule

import (
	"errors"
	"math/rand/v2"
	"testing"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// TestLocation fills redirects.
func TestLocation(t *testing.T) {
	request := Request{Host: "Example.com:8080", Path: "/a/b", Query: "x=1&y=2"}
	bare := Request{Host: "example.com", Path: "/"}
	v6 := Request{Host: "[2001:db8::1]", Path: "/"}
	for _, c := range []struct {
		source   string
		redirect traffic.Redirect
		request  Request
		want     string
	}{
		{redirectDoc, traffic.Redirect{Protocol: "HTTPS", Port: "443", Host: "#{host}", Path: "/#{path}", Query: "#{query}"}, request, "https://Example.com:443/a/b?x=1&y=2"},
		{redirectDoc, traffic.Redirect{Protocol: "HTTPS", Port: "40443"}, request, "https://Example.com:40443/a/b?x=1&y=2"},
		{redirectDoc, traffic.Redirect{Path: "/new/#{path}"}, request, "http://Example.com:80/new/a/b?x=1&y=2"},
		{redirectDoc, traffic.Redirect{Host: "other.example.com"}, request, "http://other.example.com:80/a/b?x=1&y=2"},
		{redirectDoc, traffic.Redirect{Host: "www.#{host}"}, bare, "http://www.example.com:80/"},
		{redirectDoc, traffic.Redirect{Port: "8443"}, bare, "http://example.com:8443/"},
		{redirectDoc, traffic.Redirect{Protocol: "#{protocol}", Port: "#{port}", Path: "/x"}, bare, "http://example.com:80/x"},
		{redirectDoc, traffic.Redirect{Path: "/#{host}/#{port}/#{path}"}, request, "http://Example.com:80/Example.com/80/a/b?x=1&y=2"},
		{redirectDoc, traffic.Redirect{Path: "/x", Query: "from=#{protocol}-#{host}-#{port}-#{path}&#{query}"}, request, "http://Example.com:80/x?from=http-Example.com-80-a/b&x=1&y=2"},
		{redirectDoc, traffic.Redirect{Path: "/fixed", Query: "only=this"}, request, "http://Example.com:80/fixed?only=this"},
		{redirectAPI, traffic.Redirect{Path: "/x"}, bare, "http://example.com:80/x"},
		{redirectAPI, traffic.Redirect{Protocol: "HTTPS", Port: "443"}, v6, "https://[2001:db8::1]:443/"},
		{redirectAPI, traffic.Redirect{Path: "/#{path}", Port: "81"}, bare, "http://example.com:81/"},
	} {
		if got := Location(c.redirect, &c.request, "http", "80"); got != c.want {
			t.Errorf("%s: %+v: got %s, want %s", c.source, c.redirect, got, c.want)
		}
	}
}

// TestRedirectStatus is 301 or 302 (API, RedirectActionConfig).
func TestRedirectStatus(t *testing.T) {
	if RedirectStatus(traffic.Redirect{Permanent: true}) != 301 || RedirectStatus(traffic.Redirect{}) != 302 {
		t.Error("wrong status")
	}
}

func rewriteOf(kind, regex, replace string) traffic.Transform {
	return traffic.Transform{Type: kind, Rewrites: []traffic.Rewrite{{Regex: regex, Replace: replace}}}
}

// TestTransform rewrites hosts and URLs.
func TestTransform(t *testing.T) {
	const hostKind, urlKind = traffic.HostHeaderRewrite, traffic.URLRewrite
	for _, c := range []struct {
		source            string
		transform         traffic.Transform
		host, url         string
		wantHost, wantURL string
	}{
		{transformDoc, rewriteOf(hostKind, `^mywebsite-(.+).com$`, "internal.dev.$1.myweb.com"), "mywebsite-example.com", "/project-a", "internal.dev.example.myweb.com", "/project-a"},
		{transformDoc, rewriteOf(hostKind, `^mywebsite-(.+).com$`, "x.com"), "other.com", "/", "other.com", "/"},
		{rewriteAPI, rewriteOf(hostKind, `^(\w+)\.(\w+)\.com$`, "$2.$1.com"), "a.b.com", "/", "b.a.com", "/"},
		{transformDoc, rewriteOf(urlKind, `^/old/(.*)$`, "/new/$1"), "h.com", "/old/a/b", "h.com", "/new/a/b"},
		{transformDoc, rewriteOf(urlKind, `^/old/(.*)$`, "/new/$1"), "h.com", "/other", "h.com", "/other"},
		{transformDoc, rewriteOf(urlKind, `^/dp/([A-Za-z0-9]+)/?$`, "/product.php?id=$1"), "h.com", "/dp/B09G3HRMW", "h.com", "/product.php?id=B09G3HRMW"},
		{transformDoc, rewriteOf(urlKind, `^/old/(.*)$`, "/new/$1"), "h.com", "/old/a?x=1", "h.com", "/new/a?x=1"},
		{transformDoc, rewriteOf(urlKind, `^[^?]*`, "/fixed"), "h.com", "/any/path?x=1", "h.com", "/fixed?x=1"},
		{transformDoc, rewriteOf(urlKind, `x=1`, "x=2"), "h.com", "/a?x=1&y=x=1", "h.com", "/a?x=2&y=x=1"},
		{rewriteAPI, rewriteOf(urlKind, `^/(a)(b)?`, "/$1-$2"), "h.com", "/a", "h.com", "/a-"},
		{chosen, rewriteOf(urlKind, `^/a`, "/$"), "h.com", "/a", "h.com", "/$"},
		{chosen, rewriteOf(urlKind, `^/a`, "/$x$0"), "h.com", "/a", "h.com", "/$x$0"},
		{chosen, rewriteOf(urlKind, `^/(a)`, "/${1}"), "h.com", "/a", "h.com", "/${1}"},
		{chosen, rewriteOf(urlKind, `^/(a)`, "/$10"), "h.com", "/a", "h.com", "/a0"},
		{chosen, rewriteOf(urlKind, `a`, "b"), "h.com", "/aaa", "h.com", "/baa"},
	} {
		got, err := transformed(c.transform, c.host, c.url)
		if err != nil || got.Host != c.wantHost || got.URL() != c.wantURL {
			t.Errorf("%s: %+v on %s %s: got %+v, %v", c.source, c.transform, c.host, c.url, got, err)
		}
	}
}

// TestTransformFails tells what becomes a 500: a pattern that matches with a result that cannot be sent.
func TestTransformFails(t *testing.T) {
	for _, c := range []struct {
		source    string
		transform traffic.Transform
	}{
		{transformDoc, rewriteOf(traffic.URLRewrite, `^/.*`, "no-slash")},
		{transformDoc, rewriteOf(traffic.URLRewrite, `^/.*`, "")},
		{transformDoc, rewriteOf(traffic.URLRewrite, `^/.*`, "/%zz")},
		{transformDoc, rewriteOf(traffic.URLRewrite, `^/.*`, "/$3")},
		{transformDoc, rewriteOf(traffic.HostHeaderRewrite, `.*`, "")},
		{transformDoc, rewriteOf(traffic.HostHeaderRewrite, `.*`, "a b")},
		{transformDoc, rewriteOf(traffic.HostHeaderRewrite, `.*`, "a/b")},
	} {
		if got, err := transformed(c.transform, "h.com", "/a"); !errors.Is(err, ErrTransform) {
			t.Errorf("%s: %+v: got %+v, %v", c.source, c.transform, got, err)
		}
	}
}

func transformed(transform traffic.Transform, host, url string) (*Request, error) {
	r, err := Compile(traffic.Rule{Transforms: []traffic.Transform{transform}, Actions: answer(200)})
	if err != nil {
		return nil, err
	}
	request := &Request{Host: host, Path: url}
	for i := range url {
		if url[i] == '?' {
			request.Path, request.Query = url[:i], url[i+1:]
			break
		}
	}
	return r.Transform(request)
}

// TestPick distributes by weight, without regard to health, and honours stickiness (Forward actions).
func TestPick(t *testing.T) {
	groups := []traffic.WeightedGroup{{ARN: "blue", Weight: 10}, {ARN: "green", Weight: 20}, {ARN: "off", Weight: 0}}
	for _, c := range []struct {
		source  string
		forward traffic.Forward
		sticky  string
		draw    float64
		want    string
	}{
		{weightsDoc, traffic.Forward{Groups: groups}, "", 0, "blue"},
		{weightsDoc, traffic.Forward{Groups: groups}, "", 0.333, "blue"},
		{weightsDoc, traffic.Forward{Groups: groups}, "", 0.334, "green"},
		{weightsDoc, traffic.Forward{Groups: groups}, "", 0.9999, "green"},
		{weightsDoc, traffic.Forward{Groups: groups}, "blue", 0.9, "green"},
		{weightsDoc, traffic.Forward{Groups: groups, Stickiness: 1}, "blue", 0.9, "blue"},
		{weightsDoc, traffic.Forward{Groups: groups, Stickiness: 1}, "gone", 0.9, "green"},
		{weightsDoc, traffic.Forward{Groups: groups, Stickiness: 1}, "off", 0.1, "off"},
		{weightsDoc, traffic.Forward{Groups: []traffic.WeightedGroup{{ARN: "one", Weight: 1}}}, "", 0.5, "one"},
		{chosen, traffic.Forward{Groups: []traffic.WeightedGroup{{ARN: "off"}}}, "", 0.5, ""},
	} {
		if got := Pick(&c.forward, c.sticky, c.draw); got != c.want {
			t.Errorf("%s: %+v sticky %q draw %v: got %q, want %q", c.source, c.forward, c.sticky, c.draw, got, c.want)
		}
	}
	count := map[string]int{}
	random := rand.New(rand.NewPCG(1, 2))
	for range 30_000 {
		count[Pick(&traffic.Forward{Groups: groups}, "", random.Float64())]++
	}
	if count["blue"] < 9_700 || count["blue"] > 10_300 || count["off"] != 0 {
		t.Errorf("weights 10, 20 and 0 gave %v", count)
	}
}
