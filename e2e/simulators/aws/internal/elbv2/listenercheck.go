package elbv2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

// defaultPolicy is the security policy where none is named. [DOC "Security policies": the API's default]
const defaultPolicy = "ELBSecurityPolicy-2016-08"

// checkListener judges a listener's protocol, port and TLS settings, and fills
// in their defaults.
func (r *region) checkListener(b *balancer, l *listener) error {
	v := &l.View
	if b.kind() == types.LoadBalancerTypeEnumGateway {
		if v.Protocol != "" || v.Port != nil || len(v.Certificates) > 0 || v.SslPolicy != nil {
			return check.Invalid("Protocol, port, certificates and security policy cannot be specified for listeners of load balancers of type 'gateway'")
		}
		return nil
	}
	switch {
	case v.Protocol == "":
		return check.Invalid("A listener protocol must be specified")
	case v.Port == nil:
		return check.Invalid("A listener port must be specified")
	case *v.Port < 1 || *v.Port > 65535:
		return check.Invalid("Port '%d' must be between 1 and 65535 inclusive", *v.Port)
	case !slices.Contains(check.Protocols(b.kind()), v.Protocol):
		return api.Errorf("UnsupportedProtocol", "The protocol '%s' is not supported for load balancers of type '%s'", v.Protocol, b.kind())
	}
	// [SDK CreateListenerInput.Protocol: "if dual-stack mode is enabled"; since IPv6 source NAT a prefix lifts it]
	if datagrams(v.Protocol) && b.View.IpAddressType == types.IpAddressTypeDualstack && b.View.EnablePrefixForIpv6SourceNat != "on" {
		return api.Errorf("InvalidConfigurationRequest", "The protocol '%s' is not supported for dualstack load balancers without a prefix for IPv6 source NAT", v.Protocol)
	}
	if err := r.checkTLS(v); err != nil {
		return err
	}
	if err := alpn(v); err != nil {
		return err
	}
	return r.checkMutualTLS(v)
}

func datagrams(p types.ProtocolEnum) bool {
	return p == types.ProtocolEnumUdp || p == types.ProtocolEnumTcpUdp || p == types.ProtocolEnumQuic || p == types.ProtocolEnumTcpQuic
}

func secure(p types.ProtocolEnum) bool {
	return p == types.ProtocolEnumHttps || p == types.ProtocolEnumTls
}

// checkTLS: exactly one certificate and a known policy for HTTPS and TLS, neither otherwise.
func (r *region) checkTLS(v *types.Listener) error {
	if !secure(v.Protocol) {
		switch {
		case len(v.Certificates) > 0:
			return check.Invalid("Certificates cannot be specified for %s listeners", v.Protocol)
		case v.SslPolicy != nil:
			return check.Invalid("A security policy cannot be specified for %s listeners", v.Protocol)
		}
		return nil
	}
	if v.SslPolicy == nil {
		v.SslPolicy = aws.String(defaultPolicy)
	}
	if policyByName(*v.SslPolicy) == nil {
		return api.Errorf("SSLPolicyNotFound", "SSL policy '%s' not found", *v.SslPolicy)
	}
	switch {
	case len(v.Certificates) == 0:
		return check.Invalid("A certificate must be specified for %s listeners", v.Protocol)
	case len(v.Certificates) > 1:
		return check.Invalid("Up to one certificate can be specified for %s listeners", v.Protocol)
	case v.Certificates[0].IsDefault != nil:
		return check.Invalid("'IsDefault' cannot be specified for the certificate of a listener")
	}
	return r.checkCertificate(v.Certificates[0].CertificateArn)
}

func (r *region) checkCertificate(arn *string) error {
	if _, there := r.service.Certificates.Certificate(r.scope, aws.ToString(arn)); !there {
		return api.Errorf("CertificateNotFound", "Certificate '%s' not found", aws.ToString(arn))
	}
	return nil
}

// alpn: one policy, for TLS listeners. [SDK CreateListenerInput.AlpnPolicy]
func alpn(v *types.Listener) error {
	if len(v.AlpnPolicy) == 0 {
		return nil
	}
	if v.Protocol != types.ProtocolEnumTls {
		return check.Invalid("An ALPN policy can only be specified for TLS listeners")
	}
	if len(v.AlpnPolicy) > 1 || !slices.Contains([]string{"HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"}, v.AlpnPolicy[0]) {
		return api.Errorf("ALPNPolicyNotFound", "The ALPN policy '%v' is not supported", v.AlpnPolicy)
	}
	return nil
}

// checkMutualTLS judges what is asked of clients' certificates, and fills in the mode that an HTTPS listener has.
func (r *region) checkMutualTLS(v *types.Listener) error {
	if v.Protocol != types.ProtocolEnumHttps {
		if v.MutualAuthentication != nil && aws.ToString(v.MutualAuthentication.Mode) != "off" {
			return check.Invalid("Mutual authentication can only be specified for HTTPS listeners")
		}
		v.MutualAuthentication = nil
		return nil
	}
	if v.MutualAuthentication == nil || aws.ToString(v.MutualAuthentication.Mode) == "off" || v.MutualAuthentication.Mode == nil {
		v.MutualAuthentication = &types.MutualAuthenticationAttributes{Mode: aws.String("off")}
		return nil
	}
	m := *v.MutualAuthentication
	switch *m.Mode {
	case "passthrough":
		if m.TrustStoreArn != nil || m.IgnoreClientCertificateExpiry != nil {
			return check.Invalid("A trust store and its options can only be specified for the mutual authentication mode 'verify'")
		}
		return nil
	case "verify":
	default:
		return check.Invalid("Mutual authentication mode '%s' must be one of '[off, passthrough, verify]'", *m.Mode)
	}
	if m.TrustStoreArn == nil {
		return check.Invalid("A trust store must be specified for the mutual authentication mode 'verify'")
	}
	t, err := r.trust(m.TrustStoreArn)
	if err != nil {
		return err
	}
	if r.trustStatus(t) != types.TrustStoreStatusActive {
		return api.Errorf("TrustStoreNotReady", "The trust store '%s' is not active", t.ARN)
	}
	m.IgnoreClientCertificateExpiry = aws.Bool(aws.ToBool(m.IgnoreClientCertificateExpiry))
	m.TrustStoreAssociationStatus = types.TrustStoreAssociationStatusEnumActive
	if m.AdvertiseTrustStoreCaNames == "" {
		m.AdvertiseTrustStoreCaNames = types.AdvertiseTrustStoreCaNamesEnumOff
	}
	v.MutualAuthentication = &m
	return nil
}
