package request

import (
	"errors"
	"net/url"
	"strings"
)

// The reasons why a path is refused.
var (
	// ErrNotAbsolute is a path that does not begin with a slash.
	ErrNotAbsolute = errors.New("the path does not begin with a slash")
	// ErrDotSegment is a path with a "." or ".." element. Clients resolve
	// these before they send, so one that arrives is a mistake or an attempt
	// to be routed as one path and served as another.
	ErrDotSegment = errors.New("the path has a dot segment")
	// ErrEscape is a percent sign that two hexadecimal digits do not follow.
	ErrEscape = errors.New("the path has a malformed escape")
)

// CanonicalPath is the form in which paths are compared. Two paths that a
// backend may take for the same one have the same form, so that a request
// cannot slip past a rule by another spelling:
//
//   - escapes are decoded, but for those of "/" and "%", which stay (in upper
//     case) because decoding them would change what the elements are;
//   - consecutive slashes count as one;
//   - a path with a dot segment is refused, however it is spelled: escaped,
//     bounded by a backslash or an escaped slash, or followed by a parameter
//     (";").
//
// Nearly every path is its own canonical form, and costs no allocation.
func CanonicalPath(raw string) (string, error) {
	if raw == "" || raw[0] != '/' {
		return "", ErrNotAbsolute
	}
	if !needsWork(raw) {
		return raw, nil
	}
	decoded, err := url.PathUnescape(raw)
	if err != nil {
		return "", ErrEscape
	}
	for element := range strings.FieldsFuncSeq(decoded, isSeparator) {
		if element, _, _ = strings.Cut(element, ";"); element == "." || element == ".." {
			return "", ErrDotSegment
		}
	}
	path, err := url.PathUnescape(protect.Replace(raw))
	if err != nil {
		return "", ErrEscape
	}
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	return path, nil
}

// protect escapes the escapes that decoding must leave.
var protect = strings.NewReplacer("%2f", "%252F", "%2F", "%252F", "%25", "%2525")

func isSeparator(r rune) bool { return r == '/' || r == '\\' }

// needsWork reports whether the path holds anything that canonical paths
// treat specially.
func needsWork(raw string) bool {
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '%', '\\':
			return true
		case '/':
			if i+1 < len(raw) && (raw[i+1] == '/' || raw[i+1] == '.') {
				return true
			}
		}
	}
	return false
}

// Elements is the number of elements of a path, empty ones not counted.
func Elements(path string) int {
	n := 0
	for i := 1; i < len(path); i++ {
		if path[i] != '/' && path[i-1] == '/' {
			n++
		}
	}
	return n
}

// SkipElements is what is left of a path as sent after its first n elements:
// empty, or beginning with a slash. Empty elements are not counted, as in
// CanonicalPath, so both agree on what an element is.
func SkipElements(raw string, n int) string {
	for ; n > 0; n-- {
		raw = strings.TrimLeft(raw, "/")
		i := strings.IndexByte(raw, '/')
		if i < 0 {
			return ""
		}
		raw = raw[i:]
	}
	return raw
}
