package aws_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws"
)

// shop is an Application Load Balancer with two groups behind rules, made with the SDK.
type shop struct {
	t        *testing.T
	client   *elb.Client
	balancer types.LoadBalancer
	listener types.Listener
}

func openShop(t *testing.T, sim *aws.Simulator) *shop {
	t.Helper()
	s := &shop{t: t, client: elb.NewFromConfig(sim.SDK("", ""))}
	created, err := s.client.CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{
		Name: awssdk.String("shop"), Subnets: subnets(t, sim, "public-a", "public-b"),
	})
	s.must(err)
	s.balancer = created.LoadBalancers[0]
	web, api := s.group("web", s.balancer.VpcId), s.group("api", s.balancer.VpcId)
	listened, err := s.client.CreateListener(t.Context(), &elb.CreateListenerInput{
		LoadBalancerArn: s.balancer.LoadBalancerArn, Protocol: types.ProtocolEnumHttp, Port: awssdk.Int32(8080),
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: web}},
	})
	s.must(err)
	s.listener = listened.Listeners[0]
	s.rule(10, "/api/*", types.Action{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{
		{TargetGroupArn: api, Weight: awssdk.Int32(90)}, {TargetGroupArn: web, Weight: awssdk.Int32(0)}}}})
	s.rule(20, "/old/*", types.Action{Type: types.ActionTypeEnumRedirect, RedirectConfig: &types.RedirectActionConfig{
		StatusCode: types.RedirectActionStatusCodeEnumHttp301, Path: awssdk.String("/new/#{path}")}})
	s.targets(web, "web", "web")
	s.targets(api, "api", "")
	return s
}

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) group(name string, vpc *string) *string {
	s.t.Helper()
	out, err := s.client.CreateTargetGroup(s.t.Context(), &elb.CreateTargetGroupInput{
		Name: &name, Protocol: types.ProtocolEnumHttp, Port: awssdk.Int32(80), VpcId: vpc, TargetType: types.TargetTypeEnumIp,
		HealthCheckIntervalSeconds: awssdk.Int32(5), HealthCheckTimeoutSeconds: awssdk.Int32(2), UnhealthyThresholdCount: awssdk.Int32(2),
	})
	s.must(err)
	return out.TargetGroups[0].TargetGroupArn
}

func (s *shop) rule(priority int32, path string, action types.Action) {
	s.t.Helper()
	_, err := s.client.CreateRule(s.t.Context(), &elb.CreateRuleInput{
		ListenerArn: s.listener.ListenerArn, Priority: &priority, Actions: []types.Action{action},
		Conditions: []types.RuleCondition{{Field: awssdk.String("path-pattern"), Values: []string{path}}},
	})
	s.must(err)
}

// targets registers servers that say a word; an empty word is a port where nothing listens.
func (s *shop) targets(group *string, words ...string) {
	s.t.Helper()
	for _, word := range words {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, word) }))
		s.t.Cleanup(server.Close)
		if word == "" {
			server.Close()
		}
		at := netip.MustParseAddrPort(server.Listener.Addr().String())
		_, err := s.client.RegisterTargets(s.t.Context(), &elb.RegisterTargetsInput{TargetGroupArn: group, Targets: []types.TargetDescription{
			{Id: awssdk.String(at.Addr().String()), Port: awssdk.Int32(int32(at.Port())), AvailabilityZone: awssdk.String("all")}}})
		s.must(err)
	}
}

// visitor is an HTTP client that asks the simulator's DNS server.
func visitor(t *testing.T, sim *aws.Simulator) *http.Client {
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, sim.DNSAddress())
	}}
	transport := &http.Transport{DialContext: (&net.Dialer{Resolver: resolver}).DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func fetch(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// TestPage follows a load balancer from the SDK's calls over requests to its DNS name onto the web page.
func TestPage(t *testing.T) {
	sim := start(t, aws.Options{Clock: aws.Clock{Rate: 20}})
	s := openShop(t, sim)
	url := "http://" + *s.balancer.DNSName + ":" + strconv.Itoa(int(*s.listener.Port))
	client := visitor(t, sim)
	for _, c := range []struct {
		path   string
		status int
		body   string
	}{{"/", 200, "web"}, {"/old/x", 301, "<html>"}} {
		if status, body := fetch(t, client, url+c.path); status != c.status || !strings.HasPrefix(body, c.body) {
			t.Errorf("%s: %d %q", c.path, status, body)
		}
	}
	wants := []string{"shop", *s.balancer.DNSName, "HTTP listener on port 8080", "path-pattern is /api/*", "forward to api, weight 90",
		"redirect HTTP_301", "2 of 2 healthy", "1 of 2 healthy", "Target.FailedHealthChecks", "CreateRule", "/old/x"}
	deadline := time.Now().Add(20 * time.Second)
	for {
		status, body := fetch(t, http.DefaultClient, sim.PageURL()+"?lb="+*s.balancer.LoadBalancerArn)
		var missing []string
		for _, want := range wants {
			if !strings.Contains(body, want) {
				missing = append(missing, want)
			}
		}
		if status == http.StatusOK && len(missing) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("status %d, without %q:\n%s", status, missing, body)
		}
		<-time.After(20 * time.Millisecond)
	}
	last := sim.Requests()
	if len(last) != 2 || last[0].Rule != "20" || last[0].Status != 301 || last[1].Rule != "default" || last[1].Target == "" {
		t.Errorf("the requests were %+v", last)
	}
}

// TestPageShowsEveryRegion has a load balancer where nothing was from the start.
func TestPageShowsEveryRegion(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off"})
	network := ec2.NewFromConfig(sim.SDK("", "sa-east-1"))
	vpc := got(network.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: awssdk.String("10.7.0.0/16")}))(t).Vpc
	in := &elb.CreateLoadBalancerInput{Name: awssdk.String("remote"), Scheme: types.LoadBalancerSchemeEnumInternal}
	for block, zone := range map[string]string{"10.7.0.0/24": "sa-east-1a", "10.7.1.0/24": "sa-east-1b"} {
		subnet := got(network.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: vpc.VpcId, CidrBlock: &block, AvailabilityZone: &zone}))(t).Subnet
		in.Subnets = append(in.Subnets, *subnet.SubnetId)
	}
	lb := got(elb.NewFromConfig(sim.SDK("", "sa-east-1")).CreateLoadBalancer(t.Context(), in))(t).LoadBalancers[0]
	if _, body := fetch(t, http.DefaultClient, sim.PageURL()); !strings.Contains(body, *lb.DNSName) {
		t.Errorf("the page lacks %s:\n%s", *lb.DNSName, body)
	}
}
