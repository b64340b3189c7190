package instrument

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestRequestsAreCountedButWatches(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	passed := 0
	counted := Requests(registry)(roundTripper(func(*http.Request) (*http.Response, error) {
		passed++
		return httptest.NewRecorder().Result(), nil
	}))
	requests := [][2]string{
		{http.MethodGet, "/api/v1/namespaces/web/secrets/key"},
		{http.MethodGet, "/api/v1/secrets?limit=500"},
		{http.MethodGet, "/api/v1/secrets?watch=false"},
		{http.MethodGet, "/api/v1/secrets?watch=true"},
		{http.MethodGet, "/api/v1/secrets?allowWatchBookmarks=true&watch=1"},
		{http.MethodPut, "/apis/gateway.networking.k8s.io/v1/namespaces/web/httproutes/shop/status"},
		{http.MethodDelete, "/api/v1/secrets?watch=true"},
		{http.MethodGet, "/readyz"},
	}
	for _, r := range requests {
		response, err := counted.RoundTrip(httptest.NewRequest(r[0], r[1], nil))
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if passed != len(requests) {
		t.Errorf("%d requests were passed on, not %d", passed, len(requests))
	}
	want := `
# HELP fairway_api_requests_total Requests to the hub's API server but watches, by resource and method.
# TYPE fairway_api_requests_total counter
fairway_api_requests_total{method="DELETE",resource="secrets"} 1
fairway_api_requests_total{method="GET",resource="other"} 1
fairway_api_requests_total{method="GET",resource="secrets"} 3
fairway_api_requests_total{method="PUT",resource="httproutes/status"} 1
`
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

func TestResourceOfPath(t *testing.T) {
	for path, want := range map[string]string{
		"/api/v1/nodes":                                                     "nodes",
		"/api/v1/nodes/one":                                                 "nodes",
		"/api/v1/nodes/one/status":                                          "nodes/status",
		"/api/v1/namespaces":                                                "namespaces",
		"/api/v1/namespaces/web":                                            "namespaces",
		"/api/v1/namespaces/web/status":                                     "namespaces/status",
		"/api/v1/namespaces/web/finalize":                                   "namespaces/finalize",
		"/api/v1/namespaces/web/pods":                                       "pods",
		"/api/v1/namespaces/web/pods/one":                                   "pods",
		"/api/v1/namespaces/web/pods/status":                                "pods",
		"/api/v1/namespaces/web/pods/one/status":                            "pods/status",
		"/apis/gateway.networking.k8s.io/v1/gatewayclasses":                 "gatewayclasses",
		"/apis/gateway.networking.k8s.io/v1/gatewayclasses/local":           "gatewayclasses",
		"/apis/gateway.networking.k8s.io/v1/gatewayclasses/a/status":        "gatewayclasses/status",
		"/apis/coordination.k8s.io/v1/namespaces/fairway-system/leases/hub": "leases",
		"/apis/apps/v1/namespaces/web/deployments/one/scale/":               "deployments/scale",
		"/api":                     "other",
		"/api/v1":                  "other",
		"/apis":                    "other",
		"/apis/apps":               "other",
		"/apis/apps/v1":            "other",
		"/readyz":                  "other",
		"/openapi/v3/apis/apps/v1": "other",
		"/":                        "other",
		"":                         "other",
	} {
		if got := resource(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}
