package aws_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws"
)

// patience is how long a test waits for what comes by itself. It is never what a test measures.
const patience = 90 * time.Second

// eventually asks until the answer is yes. An error ends the test.
func eventually(t *testing.T, what string, ask func() (bool, error)) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); ; <-tick.C {
		done, err := ask()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if done {
			return
		}
		if time.Since(begun) > patience {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// retrying is how Terraform calls what may fail for a while: again while the code is that one.
func retrying[O any](t *testing.T, while string, call func() (O, error)) O {
	t.Helper()
	var out O
	eventually(t, "retry "+while, func() (bool, error) {
		var err error
		if out, err = call(); code(err) == while {
			return false, nil
		}
		return true, err
	})
	return out
}

// got gives a call's answer, or ends the test.
func got[O any](out O, err error) func(*testing.T) O {
	return func(t *testing.T) O {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// backend is a web server that says its name, and may be broken.
type backend struct {
	address string
	port    int32
	broken  atomic.Bool
}

func newBackend(t *testing.T, name string) *backend {
	t.Helper()
	b := &backend{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.broken.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("X-Seen", r.Header.Get("X-Forwarded-For")+" "+r.Host+" "+r.URL.RequestURI())
		_, _ = fmt.Fprint(w, name)
	}))
	t.Cleanup(server.Close)
	u := got(url.Parse(server.URL))(t)
	port := got(strconv.Atoi(u.Port()))(t)
	b.address, b.port = u.Hostname(), int32(port)
	return b
}

func (b *backend) target() []types.TargetDescription {
	return []types.TargetDescription{{Id: &b.address, Port: &b.port, AvailabilityZone: awssdk.String("all")}}
}

func tags(name string) []types.Tag {
	return []types.Tag{{Key: awssdk.String("Name"), Value: awssdk.String(name)}, {Key: awssdk.String("owner"), Value: awssdk.String("terraform")}}
}

// stack is what the sequence makes.
type stack struct {
	t        *testing.T
	sim      *aws.Simulator
	client   *elb.Client
	network  *ec2.Client
	vpc      string
	group    string // security group
	balancer types.LoadBalancer
	listener string
	targets  map[string]string
}

// TestUsualSequence does what Terraform's provider and the CLI do for an Application Load Balancer, in their order and
// with their retries, on a clock that is 20 times as fast; and asks for pages meanwhile.
func TestUsualSequence(t *testing.T) {
	seconds := func(n int) aws.Duration { return aws.Duration(time.Duration(n) * time.Second) }
	sim := start(t, aws.Options{Clock: aws.Clock{Rate: 20}, Throttle: awssdk.Float64(10), Delays: &aws.Delays{
		Provisioning: seconds(20), Registration: seconds(2), ReadLag: seconds(2), ReleaseLag: seconds(2), DeletionLag: seconds(2), InterfaceLinger: seconds(20),
	}})
	s := &stack{t: t, sim: sim, client: elb.NewFromConfig(sim.SDK("", "")), network: ec2.NewFromConfig(sim.SDK("", "")), targets: map[string]string{}}
	s.makeSecurityGroup()
	s.makeBalancer()
	blue, green := newBackend(t, "blue"), newBackend(t, "green")
	s.makeGroup("blue")
	s.makeGroup("green")
	s.makeListener()
	rule := s.makeRule(10, "/green/*", s.targets["green"])
	s.attach("blue", blue)
	s.attach("green", green)

	visit := visitor(t, sim)
	page := func(path string) string {
		_, body := fetch(t, visit, "http://"+*s.balancer.DNSName+path)
		return body
	}
	if got := page("/") + " " + page("/green/x"); got != "blue green" {
		t.Errorf("pages are %q", got)
	}
	s.health("green", "healthy")
	green.broken.Store(true)
	s.health("green", "unhealthy Target.ResponseCodeMismatch")
	green.broken.Store(false)
	s.health("green", "healthy")

	got(s.client.ModifyRule(t.Context(), &elb.ModifyRuleInput{RuleArn: &rule, Actions: []types.Action{{
		Type:                types.ActionTypeEnumFixedResponse,
		FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: awssdk.String("503"), ContentType: awssdk.String("text/plain"), MessageBody: awssdk.String("closed")},
	}}}))(t)
	if status, body := fetch(t, visit, "http://"+*s.balancer.DNSName+"/green/x"); status != http.StatusServiceUnavailable || body != "closed" {
		t.Errorf("after the change the page is %d %q", status, body)
	}
	s.destroy(rule)
	if _, err := visit.Get("http://" + *s.balancer.DNSName + "/"); err == nil {
		t.Error("a deleted load balancer answers")
	}
}

func (s *stack) makeSecurityGroup() {
	s.t.Helper()
	ctx := s.t.Context()
	s.vpc = *got(s.network.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{}))(s.t).Vpcs[0].VpcId
	s.group = *got(s.network.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: awssdk.String("web"), Description: awssdk.String("web"), VpcId: &s.vpc}))(s.t).GroupId
}

// makeBalancer is aws_lb: create, wait until it is active, set attributes, read everything.
func (s *stack) makeBalancer() {
	s.t.Helper()
	ctx := s.t.Context()
	created := got(s.client.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: awssdk.String("web"), Subnets: subnets(s.t, s.sim, "public-a", "public-b"), SecurityGroups: []string{s.group},
		Type: types.LoadBalancerTypeEnumApplication, Tags: tags("web"),
	}))(s.t)
	s.balancer = created.LoadBalancers[0]
	if s.balancer.State.Code != types.LoadBalancerStateEnumProvisioning {
		s.t.Errorf("a new load balancer is %s", s.balancer.State.Code)
	}
	arn := s.balancer.LoadBalancerArn
	fast := func(o *elb.LoadBalancerAvailableWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, time.Second
	}
	if err := elb.NewLoadBalancerAvailableWaiter(s.client, fast).Wait(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{*arn}}, patience); err != nil {
		s.t.Fatal(err)
	}
	got(s.client.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: arn, Attributes: []types.LoadBalancerAttribute{
		{Key: awssdk.String("access_logs.s3.enabled"), Value: awssdk.String("false")},
		{Key: awssdk.String("idle_timeout.timeout_seconds"), Value: awssdk.String("30")},
		{Key: awssdk.String("routing.http2.enabled"), Value: awssdk.String("true")},
	}}))(s.t)
	got(s.client.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{*arn}}))(s.t)
	got(s.client.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: arn}))(s.t)
	got(s.client.DescribeCapacityReservation(ctx, &elb.DescribeCapacityReservationInput{LoadBalancerArn: arn}))(s.t)
	s.wantTags(*arn, 2)
}

func (s *stack) wantTags(arn string, n int) {
	s.t.Helper()
	out := got(s.client.DescribeTags(s.t.Context(), &elb.DescribeTagsInput{ResourceArns: []string{arn}}))(s.t)
	if len(out.TagDescriptions[0].Tags) != n {
		s.t.Errorf("%s has the tags %v", arn, out.TagDescriptions[0].Tags)
	}
}

// makeGroup is aws_lb_target_group.
func (s *stack) makeGroup(name string) {
	s.t.Helper()
	ctx := s.t.Context()
	arn := got(s.client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: &name, Protocol: types.ProtocolEnumHttp, Port: awssdk.Int32(80), VpcId: &s.vpc, TargetType: types.TargetTypeEnumIp,
		HealthCheckIntervalSeconds: awssdk.Int32(5), HealthCheckTimeoutSeconds: awssdk.Int32(4), HealthyThresholdCount: awssdk.Int32(2), Tags: tags(name),
	}))(s.t).TargetGroups[0].TargetGroupArn
	s.targets[name] = *arn
	got(s.client.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{*arn}}))(s.t)
	got(s.client.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: arn, Attributes: []types.TargetGroupAttribute{
		{Key: awssdk.String("deregistration_delay.timeout_seconds"), Value: awssdk.String("10")},
	}}))(s.t)
	got(s.client.DescribeTargetGroupAttributes(ctx, &elb.DescribeTargetGroupAttributesInput{TargetGroupArn: arn}))(s.t)
	s.wantTags(*arn, 2)
}

func forwardTo(group string) []types.Action {
	return []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &group}}
}

// makeListener is aws_lb_listener: it is read until it is found.
func (s *stack) makeListener() {
	s.t.Helper()
	ctx := s.t.Context()
	s.listener = *got(s.client.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: s.balancer.LoadBalancerArn, Port: awssdk.Int32(80), Protocol: types.ProtocolEnumHttp,
		DefaultActions: forwardTo(s.targets["blue"]), Tags: tags("http"),
	}))(s.t).Listeners[0].ListenerArn
	lagged := false
	retrying(s.t, "ListenerNotFound", func() (*elb.DescribeListenersOutput, error) {
		out, err := s.client.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{s.listener}})
		lagged = lagged || err != nil
		return out, err
	})
	if !lagged {
		s.t.Error("a new listener was found at once")
	}
	got(s.client.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: &s.listener}))(s.t)
	s.wantTags(s.listener, 2)
}

// makeRule is aws_lb_listener_rule.
func (s *stack) makeRule(priority int32, path, group string) string {
	s.t.Helper()
	ctx := s.t.Context()
	arn := *retrying(s.t, "PriorityInUse", func() (*elb.CreateRuleOutput, error) {
		return s.client.CreateRule(ctx, &elb.CreateRuleInput{
			ListenerArn: &s.listener, Priority: &priority, Actions: forwardTo(group), Tags: tags("rule"),
			Conditions: []types.RuleCondition{{Field: awssdk.String("path-pattern"), PathPatternConfig: &types.PathPatternConditionConfig{Values: []string{path}}}},
		})
	}).Rules[0].RuleArn
	retrying(s.t, "RuleNotFound", func() (*elb.DescribeRulesOutput, error) {
		return s.client.DescribeRules(ctx, &elb.DescribeRulesInput{RuleArns: []string{arn}})
	})
	return arn
}

// attach is aws_lb_target_group_attachment, and waits until the target is healthy.
func (s *stack) attach(group string, b *backend) {
	s.t.Helper()
	ctx := s.t.Context()
	arn := s.targets[group]
	got(s.client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &arn, Targets: b.target()}))(s.t)
	fast := func(o *elb.TargetInServiceWaiterOptions) { o.MinDelay, o.MaxDelay = 50*time.Millisecond, time.Second }
	if err := elb.NewTargetInServiceWaiter(s.client, fast).Wait(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &arn}, patience); err != nil {
		s.t.Fatal(err)
	}
}

// health waits until the one target of a group has a state and reason.
func (s *stack) health(group, want string) {
	s.t.Helper()
	eventually(s.t, group+" is "+want, func() (bool, error) {
		out, err := s.client.DescribeTargetHealth(s.t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: awssdk.String(s.targets[group])})
		if err != nil {
			return false, err
		}
		h := out.TargetHealthDescriptions[0].TargetHealth
		state := string(h.State)
		if h.Reason != "" {
			state += " " + string(h.Reason)
		}
		return state == want, nil
	})
}

// destroy is `terraform destroy`: what is used last goes first; what is still in use is tried again.
func (s *stack) destroy(rule string) {
	s.t.Helper()
	ctx := s.t.Context()
	for _, arn := range s.targets {
		registered := got(s.client.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &arn}))(s.t)
		for _, d := range registered.TargetHealthDescriptions {
			got(s.client.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &arn, Targets: []types.TargetDescription{*d.Target}}))(s.t)
		}
		fast := func(o *elb.TargetDeregisteredWaiterOptions) {
			o.MinDelay, o.MaxDelay = 50*time.Millisecond, time.Second
		}
		in := &elb.DescribeTargetHealthInput{TargetGroupArn: &arn, Targets: []types.TargetDescription{*registered.TargetHealthDescriptions[0].Target}}
		if err := elb.NewTargetDeregisteredWaiter(s.client, fast).Wait(ctx, in, patience); err != nil {
			s.t.Fatal(err)
		}
	}
	got(s.client.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: &rule}))(s.t)
	got(s.client.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &s.listener}))(s.t)
	got(s.client.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: s.balancer.LoadBalancerArn}))(s.t)
	fast := func(o *elb.LoadBalancersDeletedWaiterOptions) {
		o.MinDelay, o.MaxDelay = 50*time.Millisecond, time.Second
	}
	if err := elb.NewLoadBalancersDeletedWaiter(s.client, fast).Wait(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{*s.balancer.LoadBalancerArn}}, patience); err != nil {
		s.t.Fatal(err)
	}
	for _, arn := range s.targets {
		retrying(s.t, "ResourceInUse", func() (*elb.DeleteTargetGroupOutput, error) {
			return s.client.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &arn})
		})
	}
	// The security group is held by the network interfaces, which outlive the load balancer.
	lingered := false
	retrying(s.t, "DependencyViolation", func() (*ec2.DeleteSecurityGroupOutput, error) {
		out, err := s.network.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &s.group})
		lingered = lingered || err != nil
		return out, err
	})
	if !lingered {
		s.t.Error("no network interface held the security group")
	}
}

// TestNetworkLoadBalancerCarriesTCP has a connection through a Network Load Balancer.
func TestNetworkLoadBalancerCarriesTCP(t *testing.T) {
	sim := start(t, aws.Options{Clock: aws.Clock{Rate: 20}})
	ctx := t.Context()
	client := elb.NewFromConfig(sim.SDK("", ""))
	lb := got(client.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: awssdk.String("net"), Subnets: subnets(t, sim, "public-a"), Type: types.LoadBalancerTypeEnumNetwork}))(t).LoadBalancers[0]
	group := got(client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: awssdk.String("net"), Protocol: types.ProtocolEnumTcp, Port: awssdk.Int32(80), VpcId: lb.VpcId, TargetType: types.TargetTypeEnumIp,
	}))(t).TargetGroups[0].TargetGroupArn
	got(client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: group, Targets: newBackend(t, "behind").target()}))(t)
	got(client.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: lb.LoadBalancerArn, Port: awssdk.Int32(80), Protocol: types.ProtocolEnumTcp, DefaultActions: forwardTo(*group)}))(t)
	fast := func(o *elb.TargetInServiceWaiterOptions) { o.MinDelay, o.MaxDelay = 50*time.Millisecond, time.Second }
	if err := elb.NewTargetInServiceWaiter(client, fast).Wait(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: group}, patience); err != nil {
		t.Fatal(err)
	}
	if _, body := fetch(t, visitor(t, sim), "http://"+*lb.DNSName+"/"); body != "behind" {
		t.Errorf("the page is %q", body)
	}
}

// TestLostReply has a rule created whose answer is lost: the SDK tries again, and AWS says that the priority is taken.
func TestLostReply(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off"})
	ctx := t.Context()
	client := elb.NewFromConfig(sim.SDK("", ""))
	lb := got(client.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: awssdk.String("web"), Subnets: subnets(t, sim, "public-a", "public-b")}))(t).LoadBalancers[0]
	notFound := []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: awssdk.String("404")}}}
	l := got(client.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: lb.LoadBalancerArn, Port: awssdk.Int32(80), Protocol: types.ProtocolEnumHttp, DefaultActions: notFound}))(t).Listeners[0].ListenerArn
	got(sim.AddFault(aws.Fault{Kind: aws.FaultLost, Operation: "CreateRule", Times: 1}))(t)
	_, err := client.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: l, Priority: awssdk.Int32(1), Actions: notFound, Conditions: []types.RuleCondition{{Field: awssdk.String("path-pattern"), Values: []string{"/"}}}})
	var taken *types.PriorityInUseException
	if !errors.As(err, &taken) {
		t.Errorf("got %v", err)
	}
	if rules := got(client.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: l}))(t).Rules; len(rules) != 2 {
		t.Errorf("there are %d rules", len(rules))
	}
}

// TestAddressesAreOnesOwn: every load balancer answers at addresses of its own.
func TestAddressesAreOnesOwn(t *testing.T) {
	sim := start(t, aws.Options{})
	ctx := t.Context()
	client := elb.NewFromConfig(sim.SDK("", ""))
	visit := visitor(t, sim)
	for i := range 3 {
		name := fmt.Sprint("lb-", i)
		lb := got(client.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: &name, Subnets: subnets(t, sim, "public-a", "public-b")}))(t).LoadBalancers[0]
		got(client.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: lb.LoadBalancerArn, Port: awssdk.Int32(80), Protocol: types.ProtocolEnumHttp, DefaultActions: []types.Action{{
			Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: awssdk.String("200"), MessageBody: &name},
		}}}))(t)
		if _, body := fetch(t, visit, "http://"+*lb.DNSName+"/"); body != name {
			t.Errorf("%s answers %q", name, body)
		}
	}
}
