package instrument

import (
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// Writes counts the requests that change something, by resource.
func Writes(r prometheus.Registerer) func(http.RoundTripper) http.RoundTripper {
	total := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fairway_api_writes_total",
		Help: "Writing requests to the hub's API server, by resource and verb."}, []string{"resource", "method"})
	r.MustRegister(total)
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			if req.Method != http.MethodGet && req.Method != http.MethodHead {
				total.WithLabelValues(resource(req.URL.Path), req.Method).Inc()
			}
			return next.RoundTrip(req)
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// resource is "<resource>" or "<resource>/<subresource>" of an API path.
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
	if parts[0] == "namespaces" && len(parts) > 2 {
		parts = parts[2:]
	}
	if len(parts) > 2 {
		return parts[0] + "/" + parts[2]
	}
	return parts[0]
}
