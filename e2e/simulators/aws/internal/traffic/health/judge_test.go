package health

import (
	"testing"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// TestJudge counts probes in a row: + passes, - fails, t times out (Health check settings).
func TestJudge(t *testing.T) {
	check := traffic.HealthCheck{HealthyThreshold: 3, UnhealthyThreshold: 2}
	for _, c := range []struct {
		probes string
		want   traffic.State
		reason string
	}{
		{"", traffic.Initial, "Elb.InitialHealthChecking"},
		{"+", traffic.Healthy, ""},
		{"-", traffic.Initial, "Elb.InitialHealthChecking"},
		{"-+", traffic.Healthy, ""},
		{"--", traffic.Unhealthy, "Target.FailedHealthChecks"},
		{"+-", traffic.Healthy, ""},
		{"+-+-", traffic.Healthy, ""},
		{"+--", traffic.Unhealthy, "Target.FailedHealthChecks"},
		{"+--+", traffic.Unhealthy, "Target.FailedHealthChecks"},
		{"+--++", traffic.Unhealthy, "Target.FailedHealthChecks"},
		{"+--+++", traffic.Healthy, ""},
		{"+--++-+++", traffic.Healthy, ""},
		{"+--t", traffic.Unhealthy, "Target.Timeout"},
		{"+-t", traffic.Unhealthy, "Target.Timeout"},
	} {
		j := judge{health: initial}
		for _, p := range c.probes {
			j.observe(check, map[rune]failure{'+': {}, '-': failed, 't': timedOut}[p])
		}
		if j.health.State != c.want || j.health.Reason != c.reason {
			t.Errorf("%q: %+v", c.probes, j.health)
		}
	}
}

// TestMatcher reads lists and ranges of codes (Matcher, Health check settings).
func TestMatcher(t *testing.T) {
	for _, c := range []struct {
		matcher string
		code    int
		want    bool
	}{
		{"200", 200, true}, {"200", 201, false}, {"200,202", 202, true}, {"200, 202", 202, true}, {"200,202", 201, false},
		{"200-299", 250, true}, {"200-299", 300, false}, {"200-299,404", 404, true}, {"0-99", 0, true}, {"12", 12, true},
		{"", 200, true}, {"", 204, false}, {"x", 200, false},
	} {
		if got := matches(c.matcher, "200", c.code); got != c.want {
			t.Errorf("%q with %d: %v", c.matcher, c.code, got)
		}
	}
}
