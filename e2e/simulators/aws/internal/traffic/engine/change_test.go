package engine_test

import (
	"testing"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// TestListenerChanges follows ports, protocols and addresses, and says when a port is taken.
func TestListenerChanges(t *testing.T) {
	w := newWorld(t, traffic.Application)
	w.start()
	w.group(traffic.TargetGroup{ARN: blueARN}, backend(t, says("blue")))
	rule := traffic.Rule{ARN: "r", Priority: 1, Conditions: []traffic.Condition{{Field: traffic.PathPattern, Values: []string{"/x"}}},
		Actions: []traffic.Action{{FixedResponse: &traffic.FixedResponse{Status: 204}}}}
	w.must(w.SetRules(listenerARN, rule))
	before := w.url("/x")
	w.port = freePort(t, w.address)
	w.listener.Port = w.port
	w.must(w.SetListener(w.listener))
	c := client(t)
	if response, _ := w.get(c, w.url("/x")); response.StatusCode != 204 {
		t.Errorf("on the new port the rule gives %s", response.Status)
	}
	if _, err := c.Get(before); err == nil {
		t.Error("the old port answers yet")
	}
	other := w.listener
	other.ARN = listenerARN + "/other"
	if err := w.SetListener(other); err == nil {
		t.Error("a port was opened twice")
	}
	w.RemoveListener(other.ARN)
	moved := w.address.Next()
	w.balancer.Addresses = []traffic.Address{{IP: moved, Zone: "us-east-1a"}}
	w.must(w.SetLoadBalancer(w.balancer))
	before, w.address = w.url("/x"), moved
	if response, _ := w.get(c, w.url("/x")); response.StatusCode != 204 {
		t.Errorf("at the new address the rule gives %s", response.Status)
	}
	if _, err := client(t).Get(before); err == nil {
		t.Error("the old address answers yet")
	}
	if err := w.SetListener(traffic.Listener{ARN: "l", LoadBalancer: "none"}); err == nil {
		t.Error("a listener without load balancer was taken")
	}
	if err := w.SetRules("none", rule); err == nil {
		t.Error("rules without listener were taken")
	}
	if err := w.SetLoadBalancer(traffic.LoadBalancer{ARN: "g", Kind: "gateway"}); err == nil {
		t.Error("a gateway load balancer was taken")
	}
}
