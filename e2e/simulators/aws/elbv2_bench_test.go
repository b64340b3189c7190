//go:build unix

package aws_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws"
)

// large is one Application Load Balancer with 10,000 rules on one listener, and 10,000 targets in ten groups.
type large struct {
	client   *elb.Client
	listener *string
	balancer *string
	groups   []string
	rules    []string
}

const (
	largeRules  = 10000
	largeGroups = 10
	groupSize   = 1000
)

func newLarge(b *testing.B, sim *aws.Simulator) *large {
	b.Helper()
	for _, name := range []string{"rules-per-application-load-balancer", "targets-per-application-load-balancer", "targets-per-target-group", "target-id-registrations-per-application-load-balancer"} {
		sim.SetQuota(aws.DefaultAccount, aws.DefaultRegion, name, 100000)
	}
	ctx := b.Context()
	l := &large{client: elb.NewFromConfig(sim.SDK("", ""))}
	check := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	region := aws.DefaultInventory(0).VPCs[0]
	lb, err := l.client.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: awssdk.String("large"), Subnets: []string{region.Subnets[0].ID, region.Subnets[2].ID}})
	check(err)
	l.balancer = lb.LoadBalancers[0].LoadBalancerArn
	for i := range largeGroups {
		g, err := l.client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
			Name: awssdk.String(fmt.Sprint("g", i)), Protocol: types.ProtocolEnumHttp, Port: awssdk.Int32(80), VpcId: &region.ID, TargetType: types.TargetTypeEnumIp,
			HealthCheckIntervalSeconds: awssdk.Int32(300),
		})
		check(err)
		l.groups = append(l.groups, *g.TargetGroups[0].TargetGroupArn)
		for from := 0; from < groupSize; from += 200 {
			in := &elb.RegisterTargetsInput{TargetGroupArn: &l.groups[i]}
			for n := range 200 {
				in.Targets = append(in.Targets, types.TargetDescription{
					Id: awssdk.String(fmt.Sprintf("127.9.%d.%d", i, n+1)), Port: awssdk.Int32(int32(20000 + from)), AvailabilityZone: awssdk.String("all"),
				})
			}
			_, err := l.client.RegisterTargets(ctx, in)
			check(err)
		}
	}
	made, err := l.client.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: l.balancer, Port: awssdk.Int32(80), Protocol: types.ProtocolEnumHttp, DefaultActions: forwardTo(l.groups[0])})
	check(err)
	l.listener = made.Listeners[0].ListenerArn
	for i := range largeRules {
		u, err := l.client.CreateRule(ctx, &elb.CreateRuleInput{
			ListenerArn: l.listener, Priority: awssdk.Int32(int32(i + 1)), Actions: forwardTo(l.groups[i%largeGroups]),
			Conditions: []types.RuleCondition{{Field: awssdk.String("path-pattern"), Values: []string{fmt.Sprintf("/app-%d/*", i)}}},
		})
		check(err)
		l.rules = append(l.rules, *u.Rules[0].RuleArn)
	}
	return l
}

// call makes the n-th call of a mix: six reads and four changes in ten.
func (l *large) call(ctx context.Context, n int) error {
	rule, group := l.rules[n*7919%largeRules], l.groups[n%largeGroups]
	target := []types.TargetDescription{{Id: awssdk.String(fmt.Sprintf("127.10.%d.%d", n/10%250, n%10+1)), Port: awssdk.Int32(80), AvailabilityZone: awssdk.String("all")}}
	var err error
	switch n % 10 {
	case 0, 1:
		_, err = l.client.DescribeRules(ctx, &elb.DescribeRulesInput{RuleArns: []string{rule}})
	case 2:
		_, err = l.client.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: l.balancer})
	case 3:
		_, err = l.client.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{LoadBalancerArn: l.balancer})
	case 4:
		_, err = l.client.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group, Targets: target})
	case 5:
		_, err = l.client.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: []string{rule, group}})
	case 6, 7:
		_, err = l.client.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: &rule, Actions: forwardTo(group)})
	case 8:
		_, err = l.client.RegisterTargets(ctx, &elb.RegisterTargetsInput{TargetGroupArn: &group, Targets: target})
	default:
		_, err = l.client.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: &group, Targets: target})
	}
	return err
}

// processorTime is what this process has used, client and simulator: unlike the calls a second it says little about what
// else the machine does.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkLarge tells how many calls a second go through with 10,000 rules and targets: with the client's own work on
// the same cores, with state on disk, with and without traffic.
func BenchmarkLarge(b *testing.B) {
	for _, c := range []struct{ name, addresses string }{{"control plane", "off"}, {"with traffic", ""}} {
		b.Run(c.name, func(b *testing.B) {
			sim, err := aws.Start(b.Context(), aws.Options{Addresses: c.addresses, State: b.TempDir() + "/state.db", Delays: &aws.Delays{}, Throttle: awssdk.Float64(0)})
			if err != nil {
				b.Fatal(err)
			}
			defer func() {
				if err := sim.Close(); err != nil {
					b.Error(err)
				}
			}()
			l := newLarge(b, sim)
			var n atomic.Int64
			begun := processorTime(b)
			b.ResetTimer()
			b.SetParallelism(8)
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if err := l.call(b.Context(), int(n.Add(1))); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
			b.ReportMetric(float64((processorTime(b)-begun).Microseconds())/float64(b.N), "cpu-µs/call")
		})
	}
}
