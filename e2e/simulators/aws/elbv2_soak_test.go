package aws_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws"
)

// worker is one of the soak's clients: it has a load balancer of its own, and changes it at random.
type worker struct {
	t        *testing.T
	client   *elb.Client
	random   *rand.Rand
	name     string
	balancer types.LoadBalancer
	listener string
	groups   []string
	rules    []string
}

// TestSoak has clients work at once, while others read everything and ask for pages. Run it with -race, too. It is wrong
// if a call fails in a way that its caller did not cause, or if something is left at the end.
func TestSoak(t *testing.T) {
	const workers, rounds = 6, 120
	sim := start(t, aws.Options{Clock: aws.Clock{Rate: 50}, State: t.TempDir() + "/state.db"})
	places := subnets(t, sim, "public-a", "public-b")
	client := elb.NewFromConfig(sim.SDK("", ""))
	b := newBackend(t, "soak")
	done := make(chan struct{})
	var working, reading sync.WaitGroup
	for i := range workers {
		w := &worker{t: t, client: elb.NewFromConfig(sim.SDK("", "")), random: rand.New(rand.NewPCG(1, uint64(i))), name: fmt.Sprint("w", i)}
		working.Go(func() { w.work(places, b, rounds) })
	}
	reading.Go(func() { readAll(t, client, done) })
	reading.Go(func() { visitAll(t, client, visitor(t, sim), done) })
	working.Wait()
	close(done)
	reading.Wait()
	if n := len(got(client.DescribeLoadBalancers(t.Context(), &elb.DescribeLoadBalancersInput{}))(t).LoadBalancers); n != 0 {
		t.Errorf("%d load balancers are left", n)
	}
	if n := len(got(client.DescribeTargetGroups(t.Context(), &elb.DescribeTargetGroupsInput{}))(t).TargetGroups); n != 0 {
		t.Errorf("%d target groups are left", n)
	}
}

// fine fails for errors but those that a client must expect.
func (w *worker) fine(err error, expected ...string) bool {
	if err != nil && !slices.Contains(expected, code(err)) {
		w.t.Errorf("%s: %v", w.name, err)
	}
	return err == nil
}

func (w *worker) work(places []string, b *backend, rounds int) {
	ctx := w.t.Context()
	made, err := w.client.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: &w.name, Subnets: places})
	if !w.fine(err) {
		return
	}
	w.balancer = made.LoadBalancers[0]
	for i := range 3 {
		g, err := w.client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
			Name: awssdk.String(fmt.Sprint(w.name, "-", i)), Protocol: types.ProtocolEnumHttp, Port: awssdk.Int32(80),
			VpcId: w.balancer.VpcId, TargetType: types.TargetTypeEnumIp,
		})
		if !w.fine(err) {
			return
		}
		w.groups = append(w.groups, *g.TargetGroups[0].TargetGroupArn)
	}
	l, err := w.client.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: w.balancer.LoadBalancerArn, Port: awssdk.Int32(80), Protocol: types.ProtocolEnumHttp, DefaultActions: forwardTo(w.groups[0]),
	})
	if !w.fine(err) {
		return
	}
	w.listener = *l.Listeners[0].ListenerArn
	for range rounds {
		w.step(b)
	}
	_, err = w.client.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: w.balancer.LoadBalancerArn})
	w.fine(err)
	for _, g := range w.groups {
		_, err := w.client.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &g})
		w.fine(err)
	}
}

// step makes one change.
func (w *worker) step(b *backend) {
	ctx := w.t.Context()
	group := w.groups[w.random.IntN(len(w.groups))]
	switch w.random.IntN(7) {
	case 0, 1:
		out, err := w.client.CreateRule(ctx, &elb.CreateRuleInput{
			ListenerArn: &w.listener, Priority: awssdk.Int32(1 + w.random.Int32N(60)), Actions: forwardTo(group),
			Conditions: []types.RuleCondition{{Field: awssdk.String("path-pattern"), Values: []string{fmt.Sprint("/", w.random.IntN(9), "*")}}},
		})
		if w.fine(err, "PriorityInUse") {
			w.rules = append(w.rules, *out.Rules[0].RuleArn)
		}
	case 2:
		if len(w.rules) > 0 {
			i := w.random.IntN(len(w.rules))
			_, err := w.client.DeleteRule(ctx, &elb.DeleteRuleInput{RuleArn: &w.rules[i]})
			w.fine(err)
			w.rules = slices.Delete(w.rules, i, i+1)
		}
	case 3:
		if len(w.rules) > 0 {
			rule := w.rules[w.random.IntN(len(w.rules))]
			_, err := w.client.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: &rule, Actions: forwardTo(group)})
			w.fine(err)
			_, err = w.client.SetRulePriorities(ctx, &elb.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{{RuleArn: &rule, Priority: awssdk.Int32(1 + w.random.Int32N(60))}}})
			w.fine(err, "PriorityInUse")
		}
	case 4:
		_, err := w.client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &group, Targets: b.target()})
		w.fine(err)
	case 5:
		_, err := w.client.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: b.target()})
		w.fine(err)
	default:
		_, err := w.client.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{group, w.listener}, Tags: tags(w.name)})
		w.fine(err)
	}
}

// readAll reads everything that there is, again and again.
func readAll(t *testing.T, client *elb.Client, done <-chan struct{}) {
	ctx := t.Context()
	for {
		select {
		case <-done:
			return
		default:
		}
		balancers, err := client.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{})
		if err != nil {
			t.Error(err)
			return
		}
		for _, lb := range balancers.LoadBalancers {
			listeners, err := client.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: lb.LoadBalancerArn})
			if c := code(err); c != "" && c != "LoadBalancerNotFound" {
				t.Error(err)
			} else if c == "" {
				for _, l := range listeners.Listeners {
					if _, err := client.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: l.ListenerArn}); err != nil && code(err) != "ListenerNotFound" {
						t.Error(err)
					}
				}
			}
		}
		groups, err := client.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{})
		if err != nil {
			t.Error(err)
			return
		}
		for _, g := range groups.TargetGroups {
			if _, err := client.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: g.TargetGroupArn}); err != nil && code(err) != "TargetGroupNotFound" {
				t.Error(err)
			}
		}
	}
}

// visitAll asks every load balancer for pages. They may be gone, or have no target; what counts is that nothing breaks.
func visitAll(t *testing.T, client *elb.Client, visit *http.Client, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		default:
		}
		balancers, err := client.DescribeLoadBalancers(t.Context(), &elb.DescribeLoadBalancersInput{})
		if err != nil {
			t.Error(err)
			return
		}
		for _, lb := range balancers.LoadBalancers {
			response, err := visit.Get("http://" + *lb.DNSName + "/5")
			if err != nil {
				continue
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusServiceUnavailable && response.StatusCode != http.StatusBadGateway {
				t.Errorf("%s answers %s", *lb.LoadBalancerName, response.Status)
			}
		}
	}
}
