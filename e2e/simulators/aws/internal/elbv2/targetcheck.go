package elbv2

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

// privateRanges are where IP targets may lie outside the VPC. [SDK CreateTargetGroupInput.TargetType]
var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("fd00::/8"),
}

// member judges a target to register and gives it as it is kept.
func (r *region) member(g *group, t types.TargetDescription) (*member, error) {
	m := &member{Group: g.arn(), ID: aws.ToString(t.Id), Port: aws.ToInt32(g.View.Port)}
	if t.Port != nil {
		m.Port = *t.Port
		if m.Port < 1 || m.Port > 65535 {
			return nil, check.Invalid("Port '%d' must be between 1 and 65535 inclusive", m.Port)
		}
	}
	if err := serverID(g, t, m); err != nil {
		return nil, err
	}
	switch g.View.TargetType {
	case types.TargetTypeEnumIp:
		return m, r.ipTarget(g, t, m)
	case types.TargetTypeEnumLambda:
		return m, lambdaTarget(t, m)
	}
	if t.AvailabilityZone != nil {
		return nil, check.Invalid("An Availability Zone cannot be specified for targets of type '%s'", g.View.TargetType)
	}
	if g.View.TargetType == types.TargetTypeEnumAlb {
		return m, r.albTarget(g, t, m)
	}
	return m, r.instanceTarget(g, m)
}

var serverIDs = regexp.MustCompile(`^0x[0-9a-f]{16}$`)

// serverID: needed with QUIC and refused otherwise. [SDK types.TargetDescription.QuicServerId]
func serverID(g *group, t types.TargetDescription, m *member) error {
	m.ServerID = aws.ToString(t.QuicServerId)
	switch {
	case !quic(g.View.Protocol) && t.QuicServerId != nil:
		return check.Invalid("A server ID cannot be specified for target groups with protocol '%s'", g.View.Protocol)
	case quic(g.View.Protocol) && !serverIDs.MatchString(m.ServerID):
		return check.Invalid("A server ID of '0x' and 16 lowercase hexadecimal characters must be specified for target groups with protocol '%s'", g.View.Protocol)
	}
	return nil
}

func (r *region) instanceTarget(g *group, m *member) error {
	instance, there := r.service.Network.Instance(r.scope, m.ID)
	switch {
	case !strings.HasPrefix(m.ID, "i-") || !there:
		return api.Errorf("InvalidTarget", "The following targets are not valid instances: '%s'", m.ID)
	case instance.VPC != aws.ToString(g.View.VpcId):
		return api.Errorf("InvalidTarget", "The following targets are not in the target group VPC '%s': '%s'", aws.ToString(g.View.VpcId), m.ID)
	case instance.State != "running" && instance.State != "pending":
		return api.Errorf("InvalidTarget", "The following targets are not in a running state and cannot be registered: '%s'", m.ID)
	}
	m.Zone = instance.Zone
	return nil
}

func (r *region) ipTarget(g *group, t types.TargetDescription, m *member) error {
	address, err := netip.ParseAddr(m.ID)
	if err != nil {
		return check.Invalid("The IP address '%s' is not a valid IP address", m.ID)
	}
	if address.Is6() != (g.View.IpAddressType == types.TargetGroupIpAddressTypeEnumIpv6) {
		return check.Invalid("The IP address '%s' is not of the IP address type '%s' of the target group", m.ID, g.View.IpAddressType)
	}
	m.Zone = aws.ToString(t.AvailabilityZone)
	if m.Zone != "" && m.Zone != "all" && !slices.Contains(r.service.Network.Zones(r.scope), m.Zone) {
		return check.Invalid("The Availability Zone '%s' is not valid", m.Zone)
	}
	vpc, _ := r.service.Network.VPC(r.scope, aws.ToString(g.View.VpcId))
	if vpc.Contains(address) {
		return r.detectZone(address, vpc, m)
	}
	private := func(p netip.Prefix) bool { return p.Contains(address) }
	if !slices.ContainsFunc(privateRanges, private) && !slices.ContainsFunc(r.service.TargetRanges, private) {
		return check.Invalid("The IP address '%s' is not within the VPC '%s' or a private address range, publicly routable IP addresses are not supported", m.ID, vpc.ID)
	}
	// "If the IP address is outside the VPC, this parameter is required." [SDK types.TargetDescription]
	if m.Zone == "" {
		return check.Invalid("The IP address '%s' is outside the VPC '%s': you must specify an Availability Zone or 'all'", m.ID, vpc.ID)
	}
	return nil
}

// detectZone: "If the IP address is in a subnet of the VPC, the Availability
// Zone is automatically detected". Naming another is refused.
func (r *region) detectZone(address netip.Addr, vpc VPC, m *member) error {
	detected := r.service.Network.ZoneOf(r.scope, vpc.ID, address)
	if m.Zone == "" || m.Zone == "all" {
		m.Zone = detected
		return nil
	}
	if detected != "" && detected != m.Zone {
		return check.Invalid("The Availability Zone '%s' is not that of the IP address '%s', which is in '%s'", m.Zone, m.ID, detected)
	}
	return nil
}

func lambdaTarget(t types.TargetDescription, m *member) error {
	parts := strings.Split(m.ID, ":")
	if len(parts) < 7 || parts[0] != "arn" || parts[2] != "lambda" {
		return api.Errorf("InvalidTarget", "'%s' is not a valid Lambda function ARN", m.ID)
	}
	if t.Port != nil {
		return check.Invalid("A port cannot be specified for targets of type 'lambda'")
	}
	if zone := aws.ToString(t.AvailabilityZone); zone != "" && zone != "all" {
		return check.Invalid("The Availability Zone '%s' is not valid for targets of type 'lambda'; only 'all' is supported", zone)
	}
	m.Port, m.Zone = 0, aws.ToString(t.AvailabilityZone)
	return nil
}

// albTarget: an Application Load Balancer in the group's VPC with a listener on
// the group's port. [SDK types.TargetDescription.Port]
func (r *region) albTarget(g *group, t types.TargetDescription, m *member) error {
	b, there := r.balancers.Get(m.ID)
	if !there || !b.application() {
		return api.Errorf("InvalidTarget", "'%s' is not an Application Load Balancer", m.ID)
	}
	if aws.ToString(b.View.VpcId) != aws.ToString(g.View.VpcId) {
		return api.Errorf("InvalidTarget", "The following targets are not in the target group VPC '%s': '%s'", aws.ToString(g.View.VpcId), m.ID)
	}
	if t.Port != nil && *t.Port != aws.ToInt32(g.View.Port) {
		return check.Invalid("The port of a target of type 'alb' must be that of the target group")
	}
	if r.onPort(b, m.Port) == nil {
		return api.Errorf("InvalidTarget", "Load balancer '%s' must have a listener on port '%d'", m.ID, m.Port)
	}
	return nil
}
