package main

import (
	"slices"
	"testing"
)

func TestMissedAimsAreSaid(t *testing.T) {
	report := func(sizes ...Size) Report {
		return Report{Subjects: []Figures{{Subject: "fairway", Sizes: sizes}}}
	}
	small := Size{Routes: 100, Route: Latency{P99: 30}, ProxyMB: 20, HubCPU: 1}
	attached := func(a Attach) Report {
		r := report(small)
		r.Subjects[0].Attach = &a
		return r
	}
	for name, x := range map[string]struct {
		report Report
		want   []string
	}{
		"all is met": {report(small, Size{Routes: 5000, Route: Latency{P99: 50}, ProxyMB: 60, HubCPU: 2}), nil},
		"a slow route": {report(small, Size{Routes: 1000, Route: Latency{P99: 51.5}}),
			[]string{"fairway misses an aim at 1000 routes: a new route's p99 is 51.5 ms, and is to be at most 50"}},
		"a route that gets slow": {report(Size{Routes: 100, Route: Latency{P99: 10}}, Size{Routes: 1000, Route: Latency{P99: 20.1}}),
			[]string{"fairway misses an aim at 1000 routes: a new route's p99 is 20.1 ms, and is to be at most 2 times the 10.0 ms at 100 routes"}},
		"memory, up to 5,000 routes": {report(small, Size{Routes: 5000, ProxyMB: 61}, Size{Routes: 10000, ProxyMB: 80}),
			[]string{"fairway misses an aim at 5000 routes: a proxy takes 61 MB, and is to take at most 60"}},
		"a cost that grows": {report(small, Size{Routes: 5000, HubCPU: 2.5}),
			[]string{"fairway misses an aim at 5000 routes: the hub takes 2.50 ms for a changed endpoint, and is to take at most 2 times the 1.00 ms at 100 routes"}},
		"attached in time": {attached(Attach{Routes: 1000, Seconds: 2, Writes: 99}), nil},
		"attached late, with many writes": {attached(Attach{Routes: 1000, Seconds: 2.5, Writes: 100}),
			[]string{"fairway misses an aim at 1000 routes: attachedRoutes is right after 2.50 s, and is to be within 2",
				"fairway misses an aim at 1000 routes: the Gateway's status is written 100 times while routes are attached, and is to be fewer than 100"}},
	} {
		if got := missed(x.report); !slices.Equal(got, x.want) {
			t.Errorf("%s: got %q, want %q", name, got, x.want)
		}
	}
}

func TestLostChangesAreAnError(t *testing.T) {
	r := Report{Subjects: []Figures{{Sizes: []Size{{}, {Route: Latency{Errors: 1}, Endpoint: Latency{Errors: 2}}}}}}
	if err := lost(r); err == nil || err.Error() != "1 new routes and 2 changed endpoints never reached traffic" {
		t.Errorf("got %v", err)
	}
	if err := lost(Report{Subjects: []Figures{{Sizes: []Size{{}}}}}); err != nil {
		t.Errorf("nothing was lost: %v", err)
	}
}
