package ir

// MatchKind says how a value is compared.
type MatchKind string

// The ways of comparing.
const (
	// Exact compares byte by byte.
	Exact MatchKind = "Exact"
	// Prefix compares whole path elements: "/a" fits "/a", "/a/" and "/a/b",
	// not "/ab". For paths only.
	Prefix MatchKind = "PathPrefix"
	// Regex is an RE2 expression that must fit the whole value.
	Regex MatchKind = "RegularExpression"
)

// Match is one alternative of a rule: everything in it must fit.
type Match struct {
	Path PathMatch `json:"path"`
	// Method is upper case; empty fits every method.
	Method string `json:"method,omitempty"`
	// Headers are sorted by name.
	Headers []ValueMatch `json:"headers,omitempty"`
	// Query parameters are sorted by name.
	Query []ValueMatch `json:"query,omitempty"`
}

// PathMatch compares the request's path. The Gateway API's default is Prefix
// with "/". A prefix carries no trailing slash, but for "/" itself.
type PathMatch struct {
	Kind  MatchKind `json:"kind"`
	Value string    `json:"value"`
}

// ValueMatch compares one header or query parameter.
type ValueMatch struct {
	// Name is lower case for a header, as written for a query parameter.
	Name  string    `json:"name"`
	Kind  MatchKind `json:"kind"`
	Value string    `json:"value"`
}
