package ir

// Filter changes a request or its response. Exactly one field is set.
type Filter struct {
	RequestHeaders  *HeaderModifier `json:"requestHeaders,omitempty"`
	ResponseHeaders *HeaderModifier `json:"responseHeaders,omitempty"`
	Redirect        *Redirect       `json:"redirect,omitempty"`
	Rewrite         *Rewrite        `json:"rewrite,omitempty"`
}

// HeaderModifier edits headers: Set replaces, Add appends, Remove deletes.
type HeaderModifier struct {
	Set    []Header `json:"set,omitempty"`
	Add    []Header `json:"add,omitempty"`
	Remove []string `json:"remove,omitempty"`
}

// Header is one header field.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Redirect answers the client with a Location in place of a backend. Empty
// fields keep the request's own value; a Port of 0 means the scheme's
// default port when Scheme is set, and the listener's port when it is not.
type Redirect struct {
	Scheme   string        `json:"scheme,omitempty"`
	Hostname string        `json:"hostname,omitempty"`
	Port     uint16        `json:"port,omitempty"`
	Path     *PathModifier `json:"path,omitempty"`
	// Status is one of 301, 302, 303, 307, 308.
	Status int `json:"status"`
}

// Rewrite changes the request that the backend sees.
type Rewrite struct {
	Hostname string        `json:"hostname,omitempty"`
	Path     *PathModifier `json:"path,omitempty"`
}

// PathModifier replaces the whole path, or the prefix that the rule matched.
type PathModifier struct {
	// Kind is "ReplaceFullPath" or "ReplacePrefixMatch".
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// The kinds of PathModifier.
const (
	ReplaceFullPath    = "ReplaceFullPath"
	ReplacePrefixMatch = "ReplacePrefixMatch"
)
