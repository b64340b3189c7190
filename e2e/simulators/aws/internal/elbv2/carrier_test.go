package elbv2_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// notes is a carrier that notes what it is told.
type notes struct {
	told   []string
	health map[traffic.Key]traffic.Health
}

func (n *notes) note(format string, args ...any) error {
	n.told = append(n.told, fmt.Sprintf(format, args...))
	return nil
}

// take gives what was told since the last time.
func (n *notes) take() []string {
	told := n.told
	n.told = nil
	return told
}

func (n *notes) SetLoadBalancer(b traffic.LoadBalancer) error {
	return n.note("balancer %s %v", b.Name, b.Addresses)
}
func (n *notes) RemoveLoadBalancer(string) { _ = n.note("no balancer") }
func (n *notes) SetListener(l traffic.Listener) error {
	return n.note("listener %d %s %v", l.Port, l.Protocol, l.DefaultActions[0].FixedResponse != nil)
}
func (n *notes) RemoveListener(string) { _ = n.note("no listener") }
func (n *notes) SetRules(_ string, rules ...traffic.Rule) error {
	for _, r := range rules {
		_ = n.note("rule %d %s %v", r.Priority, r.Conditions[0].Field, r.Conditions[0].Values)
	}
	return nil
}
func (n *notes) RemoveRules(_ string, rules ...string) { _ = n.note("no rules %d", len(rules)) }
func (n *notes) SetTargetGroup(g traffic.TargetGroup) {
	_ = n.note("group %s in use %v, every %v", g.Name, g.InUse, g.HealthCheck.Interval)
}
func (n *notes) RemoveTargetGroup(string) { _ = n.note("no group") }
func (n *notes) SetTargets(_ string, targets []traffic.Target) {
	text := "targets"
	for _, t := range targets {
		text += fmt.Sprintf(" %s:%d", t.Address, t.Port)
		if t.Draining {
			text += " draining"
		}
	}
	_ = n.note("%s", text)
}
func (n *notes) Health(_ string, k traffic.Key) traffic.Health { return n.health[k] }
func (n *notes) SetCertificate(c traffic.Certificate) error    { return n.note("certificate %s", c.ARN) }
func (n *notes) RemoveCertificate(string)                      {}
func (n *notes) SetTrustStore(traffic.TrustStore) error        { return nil }
func (n *notes) RemoveTrustStore(string)                       {}

// TestCarrierHearsOfWhatChangedAndNoMore walks through changes: each costs what it is.
func TestCarrierHearsOfWhatChangedAndNoMore(t *testing.T) {
	n := &notes{health: map[traffic.Key]traffic.Health{}}
	w := start(t, func(o *elbv2.Options) {
		o.Carrier, o.Delays = n, elbv2.Delays{Provisioning: time.Minute}
	})
	ctx := t.Context()
	want := func(what string, told ...string) {
		t.Helper()
		if got := n.take(); !slices.Equal(got, told) {
			t.Errorf("%s told %q, want %q", what, got, told)
		}
	}
	lb := w.balancer("web")
	group := w.group("g", checked(10, 5, 2, 2))
	w.register(group, port("10.0.1.1", 8080))
	l := w.listener(lb.LoadBalancerArn, 80, fixed("404"))
	u := w.rule(l, 10, forward(group))
	want("a load balancer that is not active")
	w.clock.Advance(time.Minute)
	want("activation", "balancer web [{127.200.0.1 eu-west-1a} {127.200.0.2 eu-west-1b}]",
		"group g in use true, every 10s", "targets 10.0.1.1:8080", "listener 80 HTTP true", "rule 10 path-pattern [/p]")
	second := w.rule(l, 20, forward(group))
	want("another rule", "rule 20 path-pattern [/p]")
	must(w.SetRulePriorities(ctx, &elb.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{{RuleArn: &u, Priority: aws.Int32(20)}, {RuleArn: &second, Priority: aws.Int32(10)}}}))(t)
	want("a swap", "rule 20 path-pattern [/p]", "rule 10 path-pattern [/p]")
	must(w.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: &u, Conditions: paths("/q")}))(t)
	want("a changed rule", "rule 20 path-pattern [/q]")
	w.register(group, port("10.0.1.2", 8080))
	want("a target", "targets 10.0.1.1:8080 10.0.1.2:8080")
	must(w.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: []types.TargetDescription{port("10.0.1.1", 8080)}}))(t)
	want("a target that goes", "targets 10.0.1.1:8080 draining 10.0.1.2:8080")
	w.clock.Advance(5 * time.Minute)
	want("a target that has drained", "targets 10.0.1.2:8080")
	must(w.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: &second}))(t)
	want("a deleted rule", "no rules 1")
	must(w.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: &u}))(t)
	want("the last rule of a group", "no rules 1", "group g in use false, every 10s")
	must(w.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &group}))(t)
	want("a deleted group", "no group")
	must(w.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &l, Protocol: "HTTPS", Certificates: []types.Certificate{{CertificateArn: aws.String(certArn)}}}))(t)
	want("TLS", "certificate "+certArn, "listener 80 HTTPS true")
	must(w.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: lb.LoadBalancerArn, Subnets: []string{subnetB, subnetC}}))(t)
	want("other subnets", "balancer web [{127.200.0.2 eu-west-1b} {127.200.0.3 eu-west-1c}]")
	must(w.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: lb.LoadBalancerArn}))(t)
	want("a deleted load balancer", "no listener", "no balancer")
}

// TestTargetsAreCarriedOnceRegistered: also those of a group that comes into use meanwhile.
func TestTargetsAreCarriedOnceRegistered(t *testing.T) {
	n := &notes{}
	w := start(t, func(o *elbv2.Options) { o.Carrier, o.Delays = n, elbv2.Delays{Registration: 5 * time.Second} })
	group := w.group("g")
	lb := w.balancer("web")
	w.register(group, ip("10.0.1.1"))
	w.listener(lb.LoadBalancerArn, 80, forward(group))
	if told := n.take(); !slices.Contains(told, "targets") {
		t.Errorf("before the registration is through the carrier is told %q", told)
	}
	w.clock.Advance(5 * time.Second)
	if told := n.take(); !slices.Equal(told, []string{"targets 10.0.1.1:80"}) {
		t.Errorf("after it is told %q", told)
	}
}

func TestHealthIsTheCarriers(t *testing.T) {
	n := &notes{health: map[traffic.Key]traffic.Health{}}
	w := start(t, func(o *elbv2.Options) { o.Carrier = n })
	group := w.group("g")
	w.listener(w.balancer("web").LoadBalancerArn, 80, forward(group))
	w.register(group, ip("10.0.1.1"))
	key := traffic.Key{ID: "10.0.1.1", Port: 80, Zone: "eu-west-1a"}
	for _, h := range []traffic.Health{
		{State: traffic.Initial, Reason: "Elb.InitialHealthChecking"}, {State: traffic.Healthy},
		{State: traffic.Unhealthy, Reason: "Target.ResponseCodeMismatch", Description: "Health checks failed with these codes: [503]"},
		{State: traffic.Unhealthy, Reason: "Target.Timeout"}, {State: traffic.Unhealthy, Reason: "Target.FailedHealthChecks"},
	} {
		n.health[key] = h
		wanted := string(h.State)
		if h.Reason != "" {
			wanted += " " + h.Reason
		}
		if got := w.states(group); !slices.Equal(got, []string{wanted}) {
			t.Errorf("got %v, want %s", got, wanted)
		}
	}
}

// TestStateIsTakenUpAgain has a service come back on its file: with its state, its timers and its carrier.
func TestStateIsTakenUpAgain(t *testing.T) {
	file := t.TempDir() + "/state.db"
	first := &notes{}
	on := func(db *store.DB, n *notes) setting {
		return func(o *elbv2.Options) { o.DB, o.Carrier = db, n }
	}
	open := func() *store.DB {
		db, err := store.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open()
	w := start(t, on(db, first))
	lb := w.balancer("web")
	group := w.group("g")
	w.register(group, ip("10.0.1.1"), ip("10.0.1.2"))
	l := w.listener(lb.LoadBalancerArn, 80, forward(group))
	w.rule(l, 5, forward(group))
	must(w.DeregisterTargets(t.Context(), &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: []types.TargetDescription{ip("10.0.1.1")}}))(t)
	before := must(w.DescribeRules(t.Context(), &elb.DescribeRulesInput{ListenerArn: &l}))(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	db = open()
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	second := &notes{}
	w = start(t, on(db, second))
	after := must(w.DescribeRules(t.Context(), &elb.DescribeRulesInput{ListenerArn: &l}))(t)
	if fmt.Sprint(len(after.Rules), *after.Rules[0].RuleArn) != fmt.Sprint(len(before.Rules), *before.Rules[0].RuleArn) {
		t.Errorf("rules were %v, are %v", before.Rules, after.Rules)
	}
	if told := second.take(); len(told) != 5 || told[2] != "targets 10.0.1.1:80 draining 10.0.1.2:80" {
		t.Errorf("the carrier was told %q", told)
	}
	w.clock.Advance(5 * time.Minute)
	if got := w.states(group); len(got) != 1 {
		t.Errorf("after the delay there are %v", got)
	}
	_, err := w.CreateRule(t.Context(), &elb.CreateRuleInput{ListenerArn: &l, Priority: aws.Int32(5), Conditions: paths("/"), Actions: fixed("200")})
	wantCode(t, err, "PriorityInUse", "")
	other := w.balancer("other")
	w.listener(other.LoadBalancerArn, 80, fixed("200"))
	if told := second.take(); !slices.Contains(told, "balancer other [{127.200.0.3 eu-west-1a} {127.200.0.4 eu-west-1b}]") {
		t.Errorf("addresses are given twice: %q", told)
	}
}

// TestAnotherRangeMeansOtherAddresses has a load balancer come back where the range is another one.
func TestAnotherRangeMeansOtherAddresses(t *testing.T) {
	file := t.TempDir() + "/state.db"
	for i, want := range []string{"balancer web [{127.201.0.1 eu-west-1a} {127.201.0.2 eu-west-1b}]", "balancer web [{127.202.0.1 eu-west-1a} {127.202.0.2 eu-west-1b}]"} {
		db, err := store.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		n := &notes{}
		w := start(t, func(o *elbv2.Options) {
			o.DB, o.Carrier, o.Addresses = db, n, netip.MustParsePrefix(fmt.Sprintf("127.%d.0.0/24", 201+i))
		})
		w.balancer("web")
		// What was loaded is told when its region is opened, which is at the start.
		if told := n.take(); !slices.Equal(told, []string{want}) {
			t.Errorf("told %q, want %q", told, want)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAddressesRunOut(t *testing.T) {
	n := &notes{}
	w := start(t, func(o *elbv2.Options) { o.Carrier, o.Addresses = n, netip.MustParsePrefix("127.200.0.0/31") })
	w.balancer("web")
	if told := n.take(); len(told) != 1 || told[0] != "balancer web [{127.200.0.1 eu-west-1a}]" {
		t.Errorf("told %q", told)
	}
}
