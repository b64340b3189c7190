package install

import (
	"strings"
	"testing"
)

func TestSumOfMetrics(t *testing.T) {
	metrics, err := parse(strings.NewReader(`
# TYPE sent_total counter
sent_total{type="Route",proxy="a"} 3
sent_total{type="Route",proxy="b"} 4
sent_total{type="Listener",proxy="a"} 5
# TYPE connected gauge
connected 2
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		labels []string
		want   float64
	}{
		{"sent_total", nil, 12},
		{"sent_total", []string{"type", "Route"}, 7},
		{"sent_total", []string{"type", "Route", "proxy", "b"}, 4},
		{"sent_total", []string{"type", "Endpoints"}, 0},
		{"connected", nil, 2},
		{"unknown", nil, 0},
	} {
		if got := metrics.Sum(c.name, c.labels...); got != c.want {
			t.Errorf("%s %v: %v, want %v", c.name, c.labels, got, c.want)
		}
	}
}
