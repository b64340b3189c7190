package rule

import (
	"cmp"
	"net/http"
	"strings"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// Location is where a redirect leads a request that came in by a protocol (http or https) on a listener's port.
//
// Parts that were left out retain their value, and #{...} stands for the request's own ("Redirect actions"). The port
// is always written, as the service does.
func Location(redirect traffic.Redirect, request *Request, protocol, port string) string {
	// "#{path}" has no slash in front: the default path is /#{path} (API, RedirectActionConfig).
	fill := strings.NewReplacer(
		"#{protocol}", protocol,
		"#{host}", hostname(request.Host),
		"#{port}", port,
		"#{path}", strings.TrimPrefix(request.Path, "/"),
		"#{query}", request.Query,
	).Replace
	location := strings.ToLower(fill(cmp.Or(redirect.Protocol, "#{protocol}"))) + "://" +
		fill(cmp.Or(redirect.Host, "#{host}")) + ":" +
		fill(cmp.Or(redirect.Port, "#{port}")) +
		fill(cmp.Or(redirect.Path, "/#{path}"))
	if query := fill(cmp.Or(redirect.Query, "#{query}")); query != "" {
		location += "?" + query
	}
	return location
}

// RedirectStatus is 301 or 302.
func RedirectStatus(redirect traffic.Redirect) int {
	if redirect.Permanent {
		return http.StatusMovedPermanently
	}
	return http.StatusFound
}
