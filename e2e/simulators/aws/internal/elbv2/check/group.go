package check

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Group judges a new target group and fills in its defaults.
// [SDK CreateTargetGroupInput]
func Group(g *types.TargetGroup) error {
	if err := GroupName(aws.ToString(g.TargetGroupName)); err != nil {
		return err
	}
	if g.TargetType == "" {
		g.TargetType = types.TargetTypeEnumInstance
	}
	// AWS takes an empty version for none: the Terraform provider sends one.
	if aws.ToString(g.ProtocolVersion) == "" {
		g.ProtocolVersion = nil
	}
	if g.TargetType == types.TargetTypeEnumLambda {
		if g.Protocol != "" || g.Port != nil || g.VpcId != nil || g.ProtocolVersion != nil {
			return Invalid("Protocol, protocol version, port and VPC cannot be specified for target groups with target type 'lambda'")
		}
	} else if err := groupAddress(g); err != nil {
		return err
	}
	if err := groupVersion(g); err != nil {
		return err
	}
	if g.IpAddressType == "" && g.TargetType != types.TargetTypeEnumLambda {
		g.IpAddressType = types.TargetGroupIpAddressTypeEnumIpv4
	}
	if g.TargetControlPort != nil {
		if KindOf(*g) != types.LoadBalancerTypeEnumApplication || g.TargetType == types.TargetTypeEnumLambda {
			return misconfigured("A target control port is supported only for target groups of Application Load Balancers with target type 'instance' or 'ip'")
		}
		if *g.TargetControlPort < 1 || *g.TargetControlPort > 65535 {
			return Invalid("Target control port '%d' must be between 1 and 65535 inclusive", *g.TargetControlPort)
		}
	}
	HealthDefaults(g)
	return Health(*g)
}

func groupAddress(g *types.TargetGroup) error {
	switch {
	case g.Protocol == "":
		return Invalid("A protocol must be specified")
	case g.Port == nil:
		return Invalid("A port must be specified")
	case aws.ToString(g.VpcId) == "":
		return Invalid("A VPC ID must be specified")
	case *g.Port < 1 || *g.Port > 65535:
		return Invalid("Port '%d' must be between 1 and 65535 inclusive", *g.Port)
	}
	kind := KindOf(*g)
	if kind == types.LoadBalancerTypeEnumApplication && !slices.Contains(applicationProtocols, g.Protocol) {
		return Invalid("Protocol '%s' must be one of '%v'", g.Protocol, g.Protocol.Values())
	}
	// [DOC NLB guide "Application Load Balancers as targets": protocol TCP]
	if g.TargetType == types.TargetTypeEnumAlb && g.Protocol != types.ProtocolEnumTcp {
		return Invalid("Protocol '%s' is not supported for target groups with target type 'alb'; it must be 'TCP'", g.Protocol)
	}
	// [SDK: "If the protocol is GENEVE, the supported port is 6081"]
	if g.Protocol == types.ProtocolEnumGeneve && *g.Port != 6081 {
		return Invalid("Port '%d' is not supported for protocol 'GENEVE'; it must be '6081'", *g.Port)
	}
	return nil
}

func groupVersion(g *types.TargetGroup) error {
	http := slices.Contains(applicationProtocols, g.Protocol)
	if g.ProtocolVersion == nil {
		if http {
			g.ProtocolVersion = aws.String("HTTP1")
		}
		return nil
	}
	if !http {
		return misconfigured("Protocol version cannot be specified for protocol '%s'", g.Protocol)
	}
	if !slices.Contains([]string{"HTTP1", "HTTP2", "GRPC"}, *g.ProtocolVersion) {
		return Invalid("Protocol version '%s' must be one of '[HTTP1, HTTP2, GRPC]'", *g.ProtocolVersion)
	}
	return nil
}
