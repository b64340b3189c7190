// Package request is the proxy's own read-only view of an HTTP request: what
// routing and filters look at, whatever engine parsed it.
package request

// Request is one request as routing sees it. Nothing changes it once it was
// made.
type Request struct {
	// Method is as sent; methods are case-sensitive.
	Method string
	// Scheme is "http" or "https": how the client reached the proxy.
	Scheme string
	// ServerName is the host that the client asked for when it made its TLS
	// connection, in the form of Host; empty without TLS, or when it named
	// none.
	ServerName string
	// Authority is the host and port as the client sent them; it may be empty.
	Authority string
	// Host is Host(Authority).
	Host string
	// RawPath is the path as sent, escapes and all. It is what backends get.
	RawPath string
	// Path is CanonicalPath(RawPath). It is what rules are compared with.
	Path string
	// RawQuery is what follows the first "?", as sent.
	RawQuery string
	// Headers are the request's header fields.
	Headers Headers
}

// Headers looks header fields up.
type Headers interface {
	// Values are the values of all fields of that lower-case name, in the
	// order in which they came. The caller does not change them.
	Values(name string) []string
}
