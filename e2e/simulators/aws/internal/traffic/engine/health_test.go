package engine_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// TestTargetHealth follows a target through its states, with the reasons of "Target health reason codes".
func TestTargetHealth(t *testing.T) {
	w := newWorld(t, traffic.Application)
	var status atomic.Int64
	status.Store(503)
	target := backend(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" && r.Header.Get("User-Agent") == "ELB-HealthChecker/2.0" {
			rw.WriteHeader(int(status.Load()))
		}
	})
	group := traffic.TargetGroup{ARN: blueARN, Protocol: "HTTP", HealthCheck: traffic.HealthCheck{
		Enabled: true, Protocol: "HTTP", Path: "/health", Interval: 5 * time.Second, Timeout: 2 * time.Second,
		HealthyThreshold: 3, UnhealthyThreshold: 2, Matcher: "200,204-206",
	}}
	w.SetTargetGroup(group)
	w.SetTargets(blueARN, []traffic.Target{target})
	if got := w.Health(blueARN, target.Key()); got.State != traffic.Unused || got.Reason != "Target.NotInUse" {
		t.Errorf("out of use it is %+v", got)
	}
	if got := w.Health(blueARN, traffic.Key{ID: "other"}); got.Reason != "Target.NotRegistered" {
		t.Errorf("an unknown target is %+v", got)
	}
	group.InUse = true
	w.SetTargetGroup(group)
	if got := w.Health(blueARN, target.Key()); got.State != traffic.Initial || got.Reason != "Elb.InitialHealthChecking" {
		t.Errorf("at first it is %+v", got)
	}
	if got := w.await(blueARN, target, traffic.Unhealthy); got.Reason != "Target.ResponseCodeMismatch" || got.Description != "Health checks failed with these codes: [503]" {
		t.Errorf("with 503 it is %+v", got)
	}
	status.Store(205)
	if got := w.await(blueARN, target, traffic.Healthy); got.Reason != "" {
		t.Errorf("with 205 it is %+v", got)
	}
	group.InUse = false
	w.SetTargetGroup(group)
	if got := w.Health(blueARN, target.Key()); got.Reason != "Target.NotInUse" {
		t.Errorf("out of use again it is %+v", got)
	}
	group.InUse = true
	group.HealthCheck.Enabled = false
	w.SetTargetGroup(group)
	if got := w.Health(blueARN, target.Key()); got.State != traffic.Unavailable || got.Reason != "Target.HealthCheckDisabled" {
		t.Errorf("without checks it is %+v", got)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.changes) != 2 || w.changes[0].Health.State != traffic.Unhealthy || w.changes[1].Target != target.Key() {
		t.Errorf("the changes were %+v", w.changes)
	}
}

// TestUnhealthyDraining has a target whose connections are left alone for the draining interval once it fails.
func TestUnhealthyDraining(t *testing.T) {
	w := newWorld(t, traffic.Network)
	target := lines(t, "a", nil)
	failing := target
	failing.Address = w.address // where nothing listens
	const prefix = "target_health_state.unhealthy."
	for terminate, want := range map[string]traffic.State{"false": traffic.UnhealthyDraining, "true": traffic.Unhealthy} {
		group := traffic.TargetGroup{ARN: blueARN, Protocol: "TCP", Attributes: traffic.Attributes{
			prefix + "connection_termination.enabled": terminate, prefix + "draining_interval_seconds": "360000",
		}}
		w.group(group, target)
		w.SetTargets(blueARN, []traffic.Target{failing})
		if got := w.await(blueARN, target, want); got.Reason != "Target.FailedHealthChecks" {
			t.Errorf("terminating %s: %+v", terminate, got)
		}
		w.SetTargets(blueARN, []traffic.Target{target})
	}
	w.group(traffic.TargetGroup{ARN: blueARN, Protocol: "TCP", Attributes: traffic.Attributes{
		prefix + "connection_termination.enabled": "false", prefix + "draining_interval_seconds": "60",
	}}, target)
	w.SetTargets(blueARN, []traffic.Target{failing})
	w.await(blueARN, target, traffic.UnhealthyDraining)
	w.clock.Advance(time.Minute)
	w.await(blueARN, target, traffic.Unhealthy)
}

// TestReasons tells a silent target from one that refuses.
func TestReasons(t *testing.T) {
	w := newWorld(t, traffic.Application)
	silent := backend(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	refusing := traffic.Target{ID: "refusing", Port: freePort(t, w.address), Address: w.address}
	stopped := traffic.Target{ID: "i-0", Port: 80}
	check := quick
	check.Protocol, check.Timeout, check.UnhealthyThreshold = "HTTP", 50*time.Millisecond, 2
	w.SetTargetGroup(traffic.TargetGroup{ARN: blueARN, Protocol: "HTTP", InUse: true, HealthCheck: check})
	w.SetTargets(blueARN, []traffic.Target{silent, refusing, stopped})
	if got := w.await(blueARN, silent, traffic.Unhealthy); got.Reason != "Target.Timeout" || got.Description != "Request timed out" {
		t.Errorf("silent: %+v", got)
	}
	if got := w.await(blueARN, refusing, traffic.Unhealthy); got.Reason != "Target.FailedHealthChecks" {
		t.Errorf("refusing: %+v", got)
	}
	if got := w.Health(blueARN, stopped.Key()); got.State != traffic.Unused || got.Reason != "Target.InvalidState" {
		t.Errorf("stopped: %+v", got)
	}
	w.SetTargetGroup(traffic.TargetGroup{ARN: greenARN, Protocol: "TCP", InUse: true, HealthCheck: check})
	w.SetTargets(greenARN, []traffic.Target{silent})
	if got := w.await(greenARN, silent, traffic.Unhealthy); got.Reason != "Target.FailedHealthChecks" {
		t.Errorf("silent, of a Network Load Balancer: %+v", got)
	}
}

// TestGRPCHealth calls the method of the path and judges by gRPC code; an unimplemented one is 12, the default.
func TestGRPCHealth(t *testing.T) {
	w := newWorld(t, traffic.Application)
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/grpc")
		code := "12"
		if r.URL.Path == "/pkg.Health/Check" {
			code = "0"
		}
		rw.Header().Set("Grpc-Status", code)
	}))
	server.Config.Protocols = protocols
	server.Start()
	t.Cleanup(server.Close)
	target := targetAt(t, server.Listener.Addr().String())
	check := quick
	check.Protocol, check.Path = "HTTP", "/AWS.ALB/healthcheck"
	group := traffic.TargetGroup{ARN: blueARN, Protocol: "HTTP", ProtocolVersion: "GRPC", InUse: true, HealthCheck: check}
	w.SetTargetGroup(group)
	w.SetTargets(blueARN, []traffic.Target{target})
	w.await(blueARN, target, traffic.Healthy)
	group.HealthCheck.Matcher = "0-5"
	w.SetTargetGroup(group)
	if got := w.await(blueARN, target, traffic.Unhealthy); got.Description != "Health checks failed with these codes: [12]" {
		t.Errorf("by the default method: %+v", got)
	}
	group.HealthCheck.Path = "/pkg.Health/Check"
	w.SetTargetGroup(group)
	w.await(blueARN, target, traffic.Healthy)
}

// TestFailOpen sends requests to healthy targets only, and to all when none is (Health checks for your target groups).
func TestFailOpen(t *testing.T) {
	w := newWorld(t, traffic.Application)
	w.start()
	var sick atomic.Bool
	one := backend(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" && sick.Load() {
			rw.WriteHeader(500)
		}
	})
	bad := backend(t, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(500) })
	check := quick
	check.Protocol, check.Path = "HTTP", "/health"
	w.SetTargetGroup(traffic.TargetGroup{ARN: blueARN, Protocol: "HTTP", InUse: true, HealthCheck: check})
	w.SetTargets(blueARN, []traffic.Target{one, bad})
	w.await(blueARN, one, traffic.Healthy)
	w.await(blueARN, bad, traffic.Unhealthy)
	c := client(t)
	count := func() map[int]int {
		seen := map[int]int{}
		for range 10 {
			response, _ := w.get(c, w.url("/"))
			seen[response.StatusCode]++
		}
		return seen
	}
	if seen := count(); seen[500] != 0 {
		t.Errorf("with one healthy target there were %v", seen)
	}
	sick.Store(true)
	w.await(blueARN, one, traffic.Unhealthy)
	if seen := count(); seen[200] != 5 || seen[500] != 5 {
		t.Errorf("with none healthy there were %v", seen)
	}
}
