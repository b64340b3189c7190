package check

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// backends are the target group protocols that a listener's protocol can send
// to. [DOC "Listeners for your Network Load Balancers", "Target groups for your
// Application Load Balancers"; QUIC: SDK CreateTargetGroupInput.Protocol]
var backends = map[types.ProtocolEnum][]types.ProtocolEnum{
	types.ProtocolEnumHttp:    applicationProtocols,
	types.ProtocolEnumHttps:   applicationProtocols,
	types.ProtocolEnumTcp:     {types.ProtocolEnumTcp, types.ProtocolEnumTcpUdp},
	types.ProtocolEnumTls:     {types.ProtocolEnumTls, types.ProtocolEnumTcp},
	types.ProtocolEnumUdp:     {types.ProtocolEnumUdp, types.ProtocolEnumTcpUdp},
	types.ProtocolEnumTcpUdp:  {types.ProtocolEnumTcpUdp},
	types.ProtocolEnumQuic:    {types.ProtocolEnumQuic, types.ProtocolEnumTcpQuic},
	types.ProtocolEnumTcpQuic: {types.ProtocolEnumTcpQuic},
	"":                        {types.ProtocolEnumGeneve},
}

// Protocols are those of a load balancer type's listeners.
func Protocols(kind types.LoadBalancerTypeEnum) []types.ProtocolEnum {
	switch kind {
	case types.LoadBalancerTypeEnumApplication:
		return applicationProtocols
	case types.LoadBalancerTypeEnumNetwork:
		return networkProtocols
	}
	return nil
}

// Compatible tells whether a listener may forward to a target group.
func Compatible(front Front, g types.TargetGroup) error {
	arn := aws.ToString(g.TargetGroupArn)
	if KindOf(g) != front.Kind {
		return api.Errorf("IncompatibleProtocols", "The protocol '%s' of target group '%s' is not compatible with a load balancer of type '%s'", g.Protocol, arn, front.Kind)
	}
	if g.TargetType == types.TargetTypeEnumLambda {
		return nil
	}
	if !slices.Contains(backends[front.Protocol], g.Protocol) {
		return api.Errorf("IncompatibleProtocols", "The protocol '%s' of target group '%s' is not compatible with the listener protocol '%s'", g.Protocol, arn, front.Protocol)
	}
	// [DOC "Application Load Balancers as targets": a TCP listener]
	if g.TargetType == types.TargetTypeEnumAlb && front.Protocol != types.ProtocolEnumTcp {
		return api.Errorf("IncompatibleProtocols", "Target group '%s' with target type 'alb' is not compatible with the listener protocol '%s'", arn, front.Protocol)
	}
	// [DOC "Protocol version": HTTP2 and GRPC groups need an HTTPS listener]
	if v := aws.ToString(g.ProtocolVersion); (v == "HTTP2" || v == "GRPC") && front.Protocol != types.ProtocolEnumHttps {
		return badAction("Listener protocol '%s' is not supported with a target group with the protocol-version '%s'", front.Protocol, v)
	}
	return nil
}
