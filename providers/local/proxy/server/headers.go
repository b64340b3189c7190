package server

import "net/http"

// lowerHeaders looks a net/http header up by lower-case names.
type lowerHeaders struct {
	http.Header
	host string
}

// Values implements request.Headers.
func (h lowerHeaders) Values(name string) []string {
	if name == "host" {
		return []string{h.host} // net/http keeps it apart
	}
	var space [64]byte
	canonical := append(space[:0], name...)
	upper := true
	for i, c := range canonical {
		if upper && 'a' <= c && c <= 'z' {
			canonical[i] = c - 'a' + 'A'
		}
		upper = c == '-'
	}
	return h.Header[string(canonical)]
}
