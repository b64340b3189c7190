package elbv2_test

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2"
	"fairway.dev/fairway/e2e/simulators/aws/internal/fault"
	"fairway.dev/fairway/e2e/simulators/aws/internal/front"
	"fairway.dev/fairway/e2e/simulators/aws/internal/identity"
	"fairway.dev/fairway/e2e/simulators/aws/internal/ledger"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
	"fairway.dev/fairway/e2e/simulators/aws/internal/throttle"
)

const (
	account    = "123456789012"
	region     = "eu-west-1"
	vpc        = "vpc-1"
	subnetA    = "subnet-a"
	subnetB    = "subnet-b"
	subnetC    = "subnet-c"
	sg         = "sg-1"
	instanceA  = "i-a"
	certArn    = "arn:aws:acm:eu-west-1:123456789012:certificate/one"
	otherCert  = "arn:aws:acm:eu-west-1:123456789012:certificate/two"
	missingARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:"
)

var scope = store.Scope{Account: account, Region: region}

// network is an EC2 with a few objects in it. It counts interfaces by owner.
type network struct {
	interfaces map[string][]string
	groups     map[string][]string
	stopped    bool
}

func (n *network) VPC(_ store.Scope, id string) (elbv2.VPC, bool) {
	v := elbv2.VPC{ID: id, CIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16"), netip.MustParsePrefix("2001:db8::/56")}, InternetGateway: true}
	switch id {
	case vpc:
		return v, true
	case "vpc-isolated":
		v.InternetGateway = false
		return v, true
	case "vpc-2":
		return v, true
	}
	return elbv2.VPC{}, false
}

func (n *network) Subnet(_ store.Scope, id string) (elbv2.Subnet, bool) {
	v4 := func(s string) []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix(s)} }
	dual := func(s string) []netip.Prefix { return append(v4(s), netip.MustParsePrefix("2001:db8::/64")) }
	all := map[string]elbv2.Subnet{
		subnetA:        {Zone: "eu-west-1a", VPC: vpc, CIDRs: dual("10.0.1.0/24"), Free: 250},
		subnetB:        {Zone: "eu-west-1b", VPC: vpc, CIDRs: dual("10.0.2.0/24"), Free: 250},
		subnetC:        {Zone: "eu-west-1c", VPC: vpc, CIDRs: v4("10.0.3.0/24"), Free: 250},
		"subnet-a2":    {Zone: "eu-west-1a", VPC: vpc, CIDRs: v4("10.0.4.0/24"), Free: 250},
		"subnet-full":  {Zone: "eu-west-1c", VPC: vpc, CIDRs: v4("10.0.5.0/24"), Free: 7},
		"subnet-8":     {Zone: "eu-west-1c", VPC: vpc, CIDRs: v4("10.0.6.0/24"), Free: 8},
		"subnet-other": {Zone: "eu-west-1b", VPC: "vpc-2", CIDRs: v4("10.0.7.0/24"), Free: 250},
		"subnet-iso-a": {Zone: "eu-west-1a", VPC: "vpc-isolated", CIDRs: v4("10.0.8.0/24"), Free: 250},
		"subnet-iso-b": {Zone: "eu-west-1b", VPC: "vpc-isolated", CIDRs: v4("10.0.9.0/24"), Free: 250},
	}
	s, there := all[id]
	s.ID = id
	return s, there
}

func (n *network) SecurityGroup(_ store.Scope, id string) (string, bool) {
	switch {
	case id == "sg-other":
		return "vpc-2", true
	case strings.HasPrefix(id, "sg-") && id != "sg-missing":
		return vpc, true
	}
	return "", false
}

func (n *network) DefaultSecurityGroup(store.Scope, string) string { return "sg-default" }

func (n *network) Instance(_ store.Scope, id string) (elbv2.Instance, bool) {
	i := elbv2.Instance{ID: id, VPC: vpc, Zone: "eu-west-1a", State: "running", Address: netip.MustParseAddr("10.0.1.10")}
	switch id {
	case instanceA, "i-b":
		if n.stopped {
			i.State = "stopped"
		}
		return i, true
	case "i-c":
		i.Zone = "eu-west-1c"
		return i, true
	case "i-stopped":
		i.State = "stopped"
		return i, true
	case "i-other":
		i.VPC = "vpc-2"
		return i, true
	}
	return elbv2.Instance{}, false
}

func (n *network) Zones(store.Scope) []string {
	return []string{"eu-west-1a", "eu-west-1b", "eu-west-1c"}
}

func (n *network) ZoneOf(s store.Scope, in string, a netip.Addr) string {
	for _, id := range []string{subnetA, subnetB, subnetC} {
		if subnet, _ := n.Subnet(s, id); subnet.VPC == in && slices.ContainsFunc(subnet.CIDRs, func(p netip.Prefix) bool { return p.Contains(a) }) {
			return subnet.Zone
		}
	}
	return ""
}

func (n *network) CreateInterface(_ store.Scope, i elbv2.Interface) error {
	n.interfaces[i.Owner] = append(n.interfaces[i.Owner], i.Subnet)
	n.groups[i.Owner] = i.Groups
	return nil
}

func (n *network) SetInterfaceGroups(_ store.Scope, owner string, groups []string) {
	n.groups[owner] = groups
}

func (n *network) ReleaseInterfaces(_ store.Scope, owner, subnet string, _ time.Time) {
	n.interfaces[owner] = slices.DeleteFunc(n.interfaces[owner], func(s string) bool { return subnet == "" || s == subnet })
}

// certificates has two.
type certificates struct{}

func (certificates) Certificate(_ store.Scope, arn string) (elbv2.Certificate, bool) {
	return elbv2.Certificate{}, strings.HasPrefix(arn, "arn:aws:acm:") && !strings.HasSuffix(arn, "/missing")
}

// world is the service behind a real SDK client.
type world struct {
	*elb.Client
	t       *testing.T
	service *elbv2.Service
	clock   *clock.Clock
	network *network
	quotas  *elbv2.Quotas
	objects fstest.MapFS
}

type setting func(*elbv2.Options)

// start serves ELBv2 on loopback, through the real front.
func start(t *testing.T, settings ...setting) *world {
	t.Helper()
	w := &world{
		t: t, clock: clock.New(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), 0), objects: fstest.MapFS{},
		network: &network{interfaces: map[string][]string{}, groups: map[string][]string{}},
	}
	db, err := store.Open("")
	if err != nil {
		t.Fatal(err)
	}
	if w.quotas, err = elbv2.NewQuotas(db); err != nil {
		t.Fatal(err)
	}
	options := elbv2.Options{
		Clock: w.clock, DB: db, Network: w.network, Certificates: certificates{}, Quotas: w.quotas, Objects: w.objects,
		Addresses: netip.MustParsePrefix("127.200.0.0/24"), Log: slog.New(slog.DiscardHandler),
	}
	for _, s := range settings {
		s(&options)
	}
	if w.service, err = elbv2.New(options); err != nil {
		t.Fatal(err)
	}
	directory := identity.New()
	directory.Add(identity.Key{ID: "AKIAEXAMPLE", Secret: "secret", Account: account, Principal: identity.UserARN(account, "tester")})
	handler, err := front.New(front.Options{
		Services:  map[string]map[string]api.Operation{"elbv2": w.service.Operations()},
		Directory: directory, Clock: clock.New(time.Now(), 1), Throttle: throttle.New(1e6, time.Now),
		Faults: fault.New(), Ledger: ledger.New(), Log: slog.Default(),
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	w.Client = elb.New(elb.Options{
		BaseEndpoint: aws.String(server.URL), Region: region, Retryer: patient(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "secret", ""),
	})
	return w
}

// patient tries again only what the SDK breaks by itself: it closes a request's body once an answer is there, and when
// that comes before the transport has looked for the end of a large body, the transport closes the connection. An
// answer that is large, too, is cut then. Over a real network nobody is that fast.
func patient() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 20
		o.Retryables = []retry.IsErrorRetryable{retry.RetryableConnectionError{}}
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
}

// wantCode fails unless an error is AWS's with that code and a message that contains a text.
func wantCode(t *testing.T, err error, code, text string) {
	t.Helper()
	var failure smithy.APIError
	if !errors.As(err, &failure) {
		t.Errorf("got %v, want %s", err, code)
		return
	}
	if failure.ErrorCode() != code || !strings.Contains(failure.ErrorMessage(), text) {
		t.Errorf("got %s: %s, want %s: %s", failure.ErrorCode(), failure.ErrorMessage(), code, text)
	}
}

// must gives a call's answer, or ends the test.
func must[O any](out O, err error) func(*testing.T) O {
	return func(t *testing.T) O {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func (w *world) balancer(name string, changes ...func(*elb.CreateLoadBalancerInput)) types.LoadBalancer {
	w.t.Helper()
	in := &elb.CreateLoadBalancerInput{Name: aws.String(name), Subnets: []string{subnetA, subnetB}}
	for _, c := range changes {
		c(in)
	}
	return must(w.CreateLoadBalancer(w.t.Context(), in))(w.t).LoadBalancers[0]
}

func networkKind(in *elb.CreateLoadBalancerInput) { in.Type = types.LoadBalancerTypeEnumNetwork }
func dualstack(in *elb.CreateLoadBalancerInput)   { in.IpAddressType = types.IpAddressTypeDualstack }

func groupInput(name string) *elb.CreateTargetGroupInput {
	return &elb.CreateTargetGroupInput{
		Name: aws.String(name), Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String(vpc),
		TargetType: types.TargetTypeEnumIp,
	}
}

func (w *world) group(name string, changes ...func(*elb.CreateTargetGroupInput)) string {
	w.t.Helper()
	in := groupInput(name)
	for _, c := range changes {
		c(in)
	}
	return *must(w.CreateTargetGroup(w.t.Context(), in))(w.t).TargetGroups[0].TargetGroupArn
}

func protocol(p types.ProtocolEnum) func(*elb.CreateTargetGroupInput) {
	return func(in *elb.CreateTargetGroupInput) { in.Protocol = p }
}

func fixed(status string) []types.Action {
	return []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String(status)}}}
}

func forward(groups ...string) []types.Action {
	a := types.Action{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{}}
	for _, g := range groups {
		a.ForwardConfig.TargetGroups = append(a.ForwardConfig.TargetGroups, types.TargetGroupTuple{TargetGroupArn: aws.String(g)})
	}
	return []types.Action{a}
}

func (w *world) listener(balancer *string, port int32, actions []types.Action, changes ...func(*elb.CreateListenerInput)) string {
	w.t.Helper()
	in := &elb.CreateListenerInput{LoadBalancerArn: balancer, Port: aws.Int32(port), Protocol: types.ProtocolEnumHttp, DefaultActions: actions}
	for _, c := range changes {
		c(in)
	}
	return *must(w.CreateListener(w.t.Context(), in))(w.t).Listeners[0].ListenerArn
}

func https(in *elb.CreateListenerInput) {
	in.Protocol, in.Certificates = types.ProtocolEnumHttps, []types.Certificate{{CertificateArn: aws.String(certArn)}}
}

func over(p types.ProtocolEnum) func(*elb.CreateListenerInput) {
	return func(in *elb.CreateListenerInput) { in.Protocol = p }
}

func paths(values ...string) []types.RuleCondition {
	return []types.RuleCondition{{Field: aws.String("path-pattern"), PathPatternConfig: &types.PathPatternConditionConfig{Values: values}}}
}

func (w *world) rule(listener string, priority int32, actions []types.Action) string {
	w.t.Helper()
	return *must(w.CreateRule(w.t.Context(), &elb.CreateRuleInput{
		ListenerArn: aws.String(listener), Priority: aws.Int32(priority), Conditions: paths("/p"), Actions: actions,
	}))(w.t).Rules[0].RuleArn
}

func (w *world) register(group string, targets ...types.TargetDescription) {
	w.t.Helper()
	must(w.RegisterTargets(w.t.Context(), &elb.RegisterTargetsInput{TargetGroupArn: aws.String(group), Targets: targets}))(w.t)
}

func ip(address string) types.TargetDescription {
	return types.TargetDescription{Id: aws.String(address)}
}

// states are the targets' states and reasons, in order.
func (w *world) states(group string, targets ...types.TargetDescription) []string {
	w.t.Helper()
	out := must(w.DescribeTargetHealth(w.t.Context(), &elb.DescribeTargetHealthInput{TargetGroupArn: aws.String(group), Targets: targets}))(w.t)
	all := []string{}
	for _, d := range out.TargetHealthDescriptions {
		text := string(d.TargetHealth.State)
		if d.TargetHealth.Reason != "" {
			text += " " + string(d.TargetHealth.Reason)
		}
		all = append(all, text)
	}
	return all
}
