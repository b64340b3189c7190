package instrument

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Requests counts the requests to an API server, by resource and method:
// whatever changes something, and whatever is read past the caches. Watches
// are left out: they are what fills the caches.
func Requests(r prometheus.Registerer) func(http.RoundTripper) http.RoundTripper {
	total := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fairway_api_requests_total",
		Help: "Requests to the hub's API server but watches, by resource and method."}, []string{"resource", "method"})
	r.MustRegister(total)
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			if !isWatch(req) {
				total.WithLabelValues(resource(req.URL.Path), req.Method).Inc()
			}
			return next.RoundTrip(req)
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func isWatch(r *http.Request) bool {
	watch, err := strconv.ParseBool(r.URL.Query().Get("watch"))
	return r.Method == http.MethodGet && err == nil && watch
}

// ofNamespace are the subresources that a namespace itself has. Whatever else
// follows a namespace's name is a resource in it.
var ofNamespace = []string{"status", "finalize"}

// resource is "<resource>" or "<resource>/<subresource>" of an API path, and
// "other" for paths that are none of a resource.
func resource(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(parts) > 2 && parts[0] == "api":
		parts = parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		parts = parts[3:]
	default:
		return "other"
	}
	if parts[0] == "namespaces" && len(parts) > 2 && !slices.Contains(ofNamespace, parts[2]) {
		parts = parts[2:]
	}
	if len(parts) > 2 {
		return parts[0] + "/" + parts[2]
	}
	return parts[0]
}
