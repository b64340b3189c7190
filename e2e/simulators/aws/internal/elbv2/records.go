package elbv2

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// What is stored. A record is never changed once it is in its table: a change
// puts a changed copy.

// balancer is a load balancer.
type balancer struct {
	// View is as described, but for the state, which follows from the time.
	View       types.LoadBalancer
	Attributes map[string]string
	Tags       []types.Tag
	Capacity   *capacity
	// Addresses are the carrier's.
	Addresses []traffic.Address
}

func (b *balancer) arn() string                      { return aws.ToString(b.View.LoadBalancerArn) }
func (b *balancer) kind() types.LoadBalancerTypeEnum { return b.View.Type }
func (b *balancer) application() bool {
	return b.View.Type == types.LoadBalancerTypeEnumApplication
}

// owner is the description of the load balancer's network interfaces.
func (b *balancer) owner() string {
	_, rest := pathOf(b.arn())
	return "ELB " + rest
}

// zone tells whether the load balancer is enabled in an availability zone.
func (b *balancer) zone(name string) bool {
	for _, z := range b.View.AvailabilityZones {
		if aws.ToString(z.ZoneName) == name {
			return true
		}
	}
	return false
}

// reaches tells whether the load balancer is enabled in a target's zone.
func (b *balancer) reaches(m *member) bool {
	return m.Zone == "" || m.Zone == "all" || b.zone(m.Zone)
}

// listener is a listener. Its default actions are those of its default rule.
type listener struct {
	View       types.Listener
	Attributes map[string]string
	Tags       []types.Tag
	// Certificates are ARNs of those besides the default one.
	Certificates []string
	Created      time.Time
}

func (l *listener) arn() string      { return aws.ToString(l.View.ListenerArn) }
func (l *listener) balancer() string { return aws.ToString(l.View.LoadBalancerArn) }

// front is what actions are judged by.
func (l *listener) front(b *balancer) check.Front {
	return check.Front{Kind: b.kind(), Protocol: l.View.Protocol, Port: aws.ToInt32(l.View.Port)}
}

// rule is a rule of a listener, the default one included.
type rule struct {
	View     types.Rule
	Listener string
	Balancer string
	Tags     []types.Tag
	Created  time.Time
}

// lastPriority is behind all of AWS's (1 to 50000): the default rule's.
const lastPriority = 50001

func (r *rule) arn() string                        { return aws.ToString(r.View.RuleArn) }
func (r *rule) isDefault() bool                    { return aws.ToBool(r.View.IsDefault) }
func (r *rule) forwards() []types.TargetGroupTuple { return check.Forwards(r.View.Actions) }

func (r *rule) priority() int {
	if n, err := strconv.Atoi(aws.ToString(r.View.Priority)); err == nil {
		return n
	}
	return lastPriority
}

// group is a target group. Its load balancer follows from the rules that name it.
type group struct {
	View       types.TargetGroup
	Attributes map[string]string
	Tags       []types.Tag
	// Released is when the last rule that named it went away.
	Released time.Time
}

func (g *group) arn() string  { return aws.ToString(g.View.TargetGroupArn) }
func (g *group) name() string { return aws.ToString(g.View.TargetGroupName) }

// member is a registered target.
type member struct {
	Group    string
	ID       string
	Port     int32
	Zone     string
	ServerID string
	// Registered is when it was registered.
	Registered time.Time
	// Drained is when draining ends; zero for a target that is not draining.
	Drained time.Time
}

func (m *member) draining() bool { return !m.Drained.IsZero() }

func (m *member) key() string { return m.Group + "|" + m.ID + "|" + strconv.Itoa(int(m.Port)) }

func (m *member) trafficKey() traffic.Key {
	return traffic.Key{ID: m.ID, Port: uint16(m.Port), Zone: m.trafficZone()}
}

func (m *member) trafficZone() string {
	if m.Zone == "" {
		return "all"
	}
	return m.Zone
}

// capacity is a reservation of capacity units.
type capacity struct {
	Units     int32
	Modified  time.Time
	Decreases int32
}

// trust is a trust store.
type trust struct {
	Name, ARN      string
	Bucket, Key    string
	Authorities    []byte
	Count          int32
	Tags           []types.Tag
	Revocations    []revocation
	LastRevocation int64
	Created        time.Time
}

// revocation is a file of revoked certificates in a trust store.
type revocation struct {
	ID          int64
	Bucket, Key string
	Entries     int64
	Content     []byte
}
