package request

import (
	"net/url"
	"strings"
)

// Query is the first value of a query parameter, decoded, and whether there
// is one. It decodes only what it must.
func (r *Request) Query(name string) (string, bool) {
	rest := r.RawQuery
	for rest != "" {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		key, value, _ := strings.Cut(pair, "=")
		if decoded, ok := decodeQuery(key); pair == "" || !ok || decoded != name {
			continue
		}
		return decodeQuery(value)
	}
	return "", false
}

// decodeQuery decodes one name or value; a malformed escape makes it false.
func decodeQuery(s string) (string, bool) {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s, true
	}
	decoded, err := url.QueryUnescape(s)
	return decoded, err == nil
}
