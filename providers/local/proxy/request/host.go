package request

import "strings"

// Host is the host of an authority ("Example.com:8080") in the form in which
// hosts are compared: lower case, without a port and without the dot that may
// end a full name. An IPv6 address keeps its brackets.
func Host(authority string) string {
	host := authority
	if i := strings.LastIndexByte(host, ':'); i >= 0 && i > strings.LastIndexByte(host, ']') {
		host = host[:i]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
