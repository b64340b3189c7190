// Package source reads what the page shows: load balancers from the operations of Elastic Load Balancing, as any client
// would describe them but without a request, and calls from the ledger.
package source

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
	"fairway.dev/fairway/e2e/simulators/aws/internal/ledger"
	"fairway.dev/fairway/e2e/simulators/aws/internal/page"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

var _ page.Source = (*Source)(nil)

// How many calls and requests the page shows.
const (
	shownCalls    = 40
	shownRequests = 20
)

// Source is a page.Source of a running simulator. All fields must be set, but Requests where no traffic is carried.
type Source struct {
	Clock *clock.Clock
	// Operations are those of Elastic Load Balancing.
	Operations map[string]api.Operation
	// Scopes are the accounts and regions to show.
	Scopes   func() []store.Scope
	Ledger   *ledger.Ledger
	Requests *page.Requests
}

// Overview implements page.Source.
func (s *Source) Overview() page.Overview {
	o := page.Overview{Now: s.Clock.Now(), Calls: s.calls()}
	if s.Requests != nil {
		last := s.Requests.Last()
		o.Requests = last[:min(len(last), shownRequests)]
	}
	for _, scope := range s.Scopes() {
		for _, b := range s.in(scope).balancers(nil) {
			o.Balancers = append(o.Balancers, balancer(scope, b))
		}
	}
	slices.SortFunc(o.Balancers, func(a, b page.Balancer) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.Name, b.Name))
	})
	return o
}

func (s *Source) calls() []page.Call {
	var all []page.Call
	for _, e := range s.Ledger.Since(max(s.Ledger.Mark()-shownCalls, 0)) {
		all = append(all, page.Call{
			Time: e.Time, Account: e.Account, Region: e.Region, Client: e.Client, Operation: e.Operation, Outcome: e.Outcome, Attempt: e.Attempt,
		})
	}
	slices.Reverse(all)
	return all
}

// Detail implements page.Source.
func (s *Source) Detail(arn string) (page.Detail, bool) {
	// arn:aws:elasticloadbalancing:region:account:...
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return page.Detail{}, false
	}
	scope := store.Scope{Account: parts[4], Region: parts[3]}
	// Asking in a scope that is not there would make it.
	if !slices.Contains(s.Scopes(), scope) {
		return page.Detail{}, false
	}
	in := s.in(scope)
	found := in.balancers([]string{arn})
	if len(found) != 1 {
		return page.Detail{}, false
	}
	d := page.Detail{Balancer: balancer(scope, found[0])}
	groups, names := in.groups(arn)
	d.Groups = groups
	d.Listeners = in.listeners(arn, names)
	return d, true
}

// reader describes one account and region.
type reader struct {
	source *Source
	call   *api.Call
}

func (s *Source) in(scope store.Scope) reader {
	return reader{s, &api.Call{
		Ctx: context.Background(), Account: scope.Account, Region: scope.Region, UserAgent: "page", RequestID: "page", Now: s.Clock.Now(),
	}}
}

// describe performs an operation. What is gone by now is described as empty.
func describe[O any](r reader, name string, in any) *O {
	operation, ok := r.source.Operations[name]
	if !ok {
		return new(O)
	}
	out, err := operation.Do(r.call, in)
	if err != nil {
		return new(O)
	}
	return out.(*O)
}

func (r reader) balancers(arns []string) []types.LoadBalancer {
	var all []types.LoadBalancer
	in := &elb.DescribeLoadBalancersInput{LoadBalancerArns: arns}
	for {
		out := describe[elb.DescribeLoadBalancersOutput](r, "DescribeLoadBalancers", in)
		all = append(all, out.LoadBalancers...)
		if in.Marker = out.NextMarker; aws.ToString(in.Marker) == "" {
			return all
		}
	}
}

func balancer(scope store.Scope, b types.LoadBalancer) page.Balancer {
	shown := page.Balancer{
		ARN: aws.ToString(b.LoadBalancerArn), Name: aws.ToString(b.LoadBalancerName), Kind: string(b.Type), Scheme: string(b.Scheme),
		Account: scope.Account, Region: scope.Region, DNSName: aws.ToString(b.DNSName),
	}
	if b.State != nil {
		shown.State = string(b.State.Code)
	}
	for _, z := range b.AvailabilityZones {
		shown.Zones = append(shown.Zones, aws.ToString(z.ZoneName))
	}
	return shown
}

// listeners are a load balancer's, by port. Names are those of target groups by ARN.
func (r reader) listeners(balancer string, names map[string]string) []page.Listener {
	var all []page.Listener
	in := &elb.DescribeListenersInput{LoadBalancerArn: aws.String(balancer)}
	for {
		out := describe[elb.DescribeListenersOutput](r, "DescribeListeners", in)
		for _, l := range out.Listeners {
			shown := page.Listener{ARN: aws.ToString(l.ListenerArn), Protocol: string(l.Protocol), Port: int(aws.ToInt32(l.Port))}
			for _, c := range l.Certificates {
				shown.Certificates = append(shown.Certificates, aws.ToString(c.CertificateArn))
			}
			shown.Rules = r.rules(shown.ARN, names)
			all = append(all, shown)
		}
		if in.Marker = out.NextMarker; aws.ToString(in.Marker) == "" {
			break
		}
	}
	slices.SortFunc(all, func(a, b page.Listener) int { return a.Port - b.Port })
	return all
}

// groups are a load balancer's target groups with their targets, and their names by ARN.
func (r reader) groups(balancer string) ([]page.Group, map[string]string) {
	var all []page.Group
	names := map[string]string{}
	in := &elb.DescribeTargetGroupsInput{LoadBalancerArn: aws.String(balancer)}
	for {
		out := describe[elb.DescribeTargetGroupsOutput](r, "DescribeTargetGroups", in)
		for _, g := range out.TargetGroups {
			arn, name := aws.ToString(g.TargetGroupArn), aws.ToString(g.TargetGroupName)
			names[arn] = name
			all = append(all, page.Group{
				ARN: arn, Name: name, Protocol: strings.TrimSpace(fmt.Sprintf("%s %s", g.Protocol, aws.ToString(g.ProtocolVersion))),
				Check: check(g), Targets: r.targets(arn),
			})
		}
		if in.Marker = out.NextMarker; aws.ToString(in.Marker) == "" {
			break
		}
	}
	slices.SortFunc(all, func(a, b page.Group) int { return cmp.Compare(a.Name, b.Name) })
	return all, names
}

func check(g types.TargetGroup) string {
	return fmt.Sprintf("%s %s every %d s", g.HealthCheckProtocol, aws.ToString(g.HealthCheckPath), aws.ToInt32(g.HealthCheckIntervalSeconds))
}

func (r reader) targets(group string) []page.Target {
	var all []page.Target
	out := describe[elb.DescribeTargetHealthOutput](r, "DescribeTargetHealth", &elb.DescribeTargetHealthInput{TargetGroupArn: aws.String(group)})
	for _, d := range out.TargetHealthDescriptions {
		shown := page.Target{}
		if t := d.Target; t != nil {
			shown.ID, shown.Port, shown.Zone = aws.ToString(t.Id), int(aws.ToInt32(t.Port)), aws.ToString(t.AvailabilityZone)
		}
		if h := d.TargetHealth; h != nil {
			shown.State, shown.Reason, shown.Description = string(h.State), string(h.Reason), aws.ToString(h.Description)
		}
		all = append(all, shown)
	}
	return all
}
