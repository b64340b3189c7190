package request

import (
	"errors"
	"testing"
)

func TestHost(t *testing.T) {
	for authority, want := range map[string]string{
		"":                  "",
		"Example.COM":       "example.com",
		"example.com:8080":  "example.com",
		"example.com.":      "example.com",
		"example.com.:80":   "example.com",
		"[2001:DB8::1]:443": "[2001:db8::1]",
		"[2001:db8::1]":     "[2001:db8::1]",
		"10.0.0.1:80":       "10.0.0.1",
	} {
		if got := Host(authority); got != want {
			t.Errorf("Host(%q) = %q, want %q", authority, got, want)
		}
	}
}

func TestCanonicalPath(t *testing.T) {
	for raw, want := range map[string]string{
		"/":                  "/",
		"/a/b":               "/a/b",
		"/a/b/":              "/a/b/",
		"//":                 "/",
		"//admin":            "/admin",
		"/a///b//":           "/a/b/",
		"/%61dmin":           "/admin",
		"/a%2fb":             "/a%2Fb",
		"/a%252Fb":           "/a%252Fb",
		"/a%25":              "/a%25",
		"/caf%C3%A9":         "/café",
		"/.well-known/x":     "/.well-known/x",
		"/a/...":             "/a/...",
		"/a/..b":             "/a/..b",
		"/a/%252e%252e/b":    "/a/%252e%252e/b",
		"/http://x/y":        "/http:/x/y",
		"/a;v=1/b":           "/a;v=1/b",
		"/tail.":             "/tail.",
		"/back\\slash":       "/back\\slash",
		"/%E2%80%8B":         "/\u200b",
		"/a%2f%2e%2ehidden":  "/a%2F..hidden",
		"/%2525":             "/%2525",
		"/percent%25/%2e%2e": "!",
	} {
		got, err := CanonicalPath(raw)
		if want == "!" {
			if !errors.Is(err, ErrDotSegment) {
				t.Errorf("CanonicalPath(%q) = %q, %v; want a refusal", raw, got, err)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("CanonicalPath(%q) = %q, %v; want %q", raw, got, err, want)
		}
	}
}

func TestCanonicalPathRefuses(t *testing.T) {
	for raw, want := range map[string]error{
		"":                    ErrNotAbsolute,
		"*":                   ErrNotAbsolute,
		"a/b":                 ErrNotAbsolute,
		"/a/../b":             ErrDotSegment,
		"/a/./b":              ErrDotSegment,
		"/..":                 ErrDotSegment,
		"/.":                  ErrDotSegment,
		"/a/%2e%2e/b":         ErrDotSegment,
		"/a/%2E./b":           ErrDotSegment,
		"/a%2f..%2fb":         ErrDotSegment,
		"/a%2f%2e%2e":         ErrDotSegment,
		"/a\\..\\b":           ErrDotSegment,
		"/a%5c..%5cb":         ErrDotSegment,
		"/a/..;x=1/b":         ErrDotSegment,
		"/a//../b":            ErrDotSegment,
		"/a%":                 ErrEscape,
		"/a%2":                ErrEscape,
		"/a%zz":               ErrEscape,
		"/public/..%3b/admin": ErrDotSegment,
	} {
		if got, err := CanonicalPath(raw); !errors.Is(err, want) {
			t.Errorf("CanonicalPath(%q) = %q, %v; want %v", raw, got, err, want)
		}
	}
}

// Whatever the spelling, canonical paths are their own canonical form and
// agree with SkipElements on what an element is.
func FuzzCanonicalPath(f *testing.F) {
	for _, s := range []string{"/", "/a/b", "//a%2fb/%2e", "/%25", "/a;b/..;/c", "/\\.."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		path, err := CanonicalPath(raw)
		if err != nil {
			return
		}
		again, err := CanonicalPath(path)
		if err != nil || again != path {
			t.Errorf("CanonicalPath(%q) = %q, and of that %q, %v", raw, path, again, err)
		}
		if a, b := Elements(path), Elements(raw); a != b {
			t.Errorf("%q has %d elements, its canonical form %q has %d", raw, b, path, a)
		}
		if rest := SkipElements(raw, Elements(raw)); rest != "" && Elements(rest) != 0 {
			t.Errorf("after all elements of %q, %q is left", raw, rest)
		}
	})
}

func TestQuery(t *testing.T) {
	r := &Request{RawQuery: "a=1&a=2&b&c=x+y&d%20e=%2F&=empty&bad=%zz&f=g=h"}
	for name, want := range map[string]string{"a": "1", "b": "", "c": "x y", "d e": "/", "f": "g=h", "": "empty"} {
		if got, ok := r.Query(name); !ok || got != want {
			t.Errorf("Query(%q) = %q, %v; want %q", name, got, ok, want)
		}
	}
	for _, name := range []string{"z", "A", "bad"} {
		if got, ok := r.Query(name); ok {
			t.Errorf("Query(%q) = %q; want none", name, got)
		}
	}
}
