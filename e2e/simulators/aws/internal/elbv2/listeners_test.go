package elbv2_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func withCertificates(arns ...string) func(*elb.CreateListenerInput) {
	return func(in *elb.CreateListenerInput) {
		for _, arn := range arns {
			in.Certificates = append(in.Certificates, types.Certificate{CertificateArn: aws.String(arn)})
		}
	}
}

func withPolicy(name string) func(*elb.CreateListenerInput) {
	return func(in *elb.CreateListenerInput) { in.SslPolicy = aws.String(name) }
}

func withALPN(names ...string) func(*elb.CreateListenerInput) {
	return func(in *elb.CreateListenerInput) { in.AlpnPolicy = names }
}

func mutual(mode, store string) func(*elb.CreateListenerInput) {
	return func(in *elb.CreateListenerInput) {
		in.MutualAuthentication = &types.MutualAuthenticationAttributes{Mode: aws.String(mode)}
		if store != "" {
			in.MutualAuthentication.TrustStoreArn = aws.String(store)
		}
	}
}

// TestNewListeners: load balancer 0 is an ALB, 1 an NLB, 2 a dualstack NLB.
func TestNewListeners(t *testing.T) {
	w := start(t)
	balancers := []types.LoadBalancer{w.balancer("web"), w.balancer("net", networkKind), w.balancer("dual", networkKind, dualstack)}
	group := func(name string, balancer int, p types.ProtocolEnum) string {
		return w.group(fmt.Sprint(name, balancer), protocol(p))
	}
	tcp, udp, both, tls := group("tcp", 1, "TCP"), group("udp", 1, "UDP"), group("both", 1, "TCP_UDP"), group("tls", 1, "TLS")
	quic, tcpQuic := group("quic", 1, "QUIC"), group("tcpquic", 1, "TCP_QUIC")
	dualUDP := group("udp", 2, "UDP")
	type change = func(*elb.CreateListenerInput)
	to := func(groups ...string) change {
		return func(in *elb.CreateListenerInput) { in.DefaultActions = forward(groups...) }
	}
	const invalid, incompatible = "ValidationError", "IncompatibleProtocols"
	for i, c := range []struct {
		name       string
		balancer   int
		changes    []change
		code, text string
	}{
		{"HTTP", 0, nil, "", ""},
		{"HTTPS", 0, []change{https}, "", ""},
		{"TCP on an ALB", 0, []change{over("TCP")}, "UnsupportedProtocol", "'TCP'"},
		{"no protocol", 0, []change{over("")}, invalid, "protocol must be specified"},
		{"no port", 0, []change{func(in *elb.CreateListenerInput) { in.Port = nil }}, invalid, "port must be specified"},
		{"port 0", 0, []change{func(in *elb.CreateListenerInput) { in.Port = aws.Int32(0) }}, invalid, ""},
		{"port 65536", 0, []change{func(in *elb.CreateListenerInput) { in.Port = aws.Int32(65536) }}, invalid, ""},
		{"HTTPS without a certificate", 0, []change{over("HTTPS")}, invalid, "A certificate must be specified for HTTPS listeners"},
		{"two certificates", 0, []change{over("HTTPS"), withCertificates(certArn, otherCert)}, invalid, "Up to one certificate"},
		{"no such certificate", 0, []change{over("HTTPS"), withCertificates("arn:aws:acm:eu-west-1:123456789012:certificate/missing")}, "CertificateNotFound", "not found"},
		{"a certificate for HTTP", 0, []change{withCertificates(certArn)}, invalid, "cannot be specified for HTTP"},
		{"a policy for HTTP", 0, []change{withPolicy("ELBSecurityPolicy-2016-08")}, invalid, "cannot be specified for HTTP"},
		{"a policy", 0, []change{https, withPolicy("ELBSecurityPolicy-TLS13-1-2-2021-06")}, "", ""},
		{"no such policy", 0, []change{https, withPolicy("ELBSecurityPolicy-None")}, "SSLPolicyNotFound", "'ELBSecurityPolicy-None' not found"},
		{"ALPN on HTTPS", 0, []change{https, withALPN("HTTP2Only")}, invalid, "TLS listeners"},
		{"mTLS passthrough", 0, []change{https, mutual("passthrough", "")}, "", ""},
		{"mTLS on HTTP", 0, []change{mutual("passthrough", "")}, invalid, "HTTPS listeners"},
		{"mTLS verify without a trust store", 0, []change{https, mutual("verify", "")}, invalid, "trust store must be specified"},
		{"mTLS with no such trust store", 0, []change{https, mutual("verify", missingARN+"truststore/x/0123456789abcdef")}, "TrustStoreNotFound", ""},
		{"mTLS of another mode", 0, []change{https, mutual("maybe", "")}, invalid, "[off, passthrough, verify]"},
		{"TCP", 1, []change{over("TCP"), to(tcp)}, "", ""},
		{"TCP to TCP_UDP", 1, []change{over("TCP"), to(both)}, "", ""},
		{"TCP to UDP", 1, []change{over("TCP"), to(udp)}, incompatible, "'UDP'"},
		{"UDP", 1, []change{over("UDP"), to(udp)}, "", ""},
		{"UDP to TCP", 1, []change{over("UDP"), to(tcp)}, incompatible, "'TCP'"},
		{"TCP_UDP", 1, []change{over("TCP_UDP"), to(both)}, "", ""},
		{"TCP_UDP to TCP", 1, []change{over("TCP_UDP"), to(tcp)}, incompatible, ""},
		{"TLS", 1, []change{over("TLS"), withCertificates(certArn), withALPN("HTTP2Preferred"), to(tls)}, "", ""},
		{"TLS to TCP", 1, []change{over("TLS"), withCertificates(certArn), to(tcp)}, "", ""},
		{"TLS without a certificate", 1, []change{over("TLS"), to(tls)}, invalid, "A certificate must be specified for TLS listeners"},
		{"no such ALPN policy", 1, []change{over("TLS"), withCertificates(certArn), withALPN("HTTP3"), to(tls)}, "ALPNPolicyNotFound", ""},
		{"two ALPN policies", 1, []change{over("TLS"), withCertificates(certArn), withALPN("HTTP1Only", "HTTP2Only"), to(tls)}, "ALPNPolicyNotFound", ""},
		{"QUIC", 1, []change{over("QUIC"), to(quic)}, "", ""},
		{"TCP_QUIC", 1, []change{over("TCP_QUIC"), to(tcpQuic)}, "", ""},
		{"weighted QUIC", 1, []change{over("QUIC"), to(quic, tcpQuic)}, "InvalidLoadBalancerAction", "Weighted"},
		{"weighted TCP", 1, []change{over("TCP"), to(tcp, both)}, "", ""},
		{"HTTP on an NLB", 1, []change{over("HTTP"), to(tcp)}, "UnsupportedProtocol", "'HTTP'"},
		{"a fixed response on an NLB", 1, []change{over("TCP")}, "InvalidLoadBalancerAction", "network"},
		{"UDP with dualstack", 2, []change{over("UDP"), to(dualUDP)}, "InvalidConfigurationRequest", "dualstack"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := &elb.CreateListenerInput{LoadBalancerArn: balancers[c.balancer].LoadBalancerArn, Port: aws.Int32(int32(1000 + i)), Protocol: "HTTP", DefaultActions: fixed("404")}
			for _, change := range c.changes {
				change(in)
			}
			out, err := w.CreateListener(t.Context(), in)
			if c.code == "" {
				must(out, err)(t)
				return
			}
			wantCode(t, err, c.code, c.text)
		})
	}
}

func TestListenersOfALoadBalancer(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	lb := w.balancer("web")
	create := func(port int32, status string) error {
		_, err := w.CreateListener(ctx, &elb.CreateListenerInput{LoadBalancerArn: lb.LoadBalancerArn, Port: &port, Protocol: "HTTP", DefaultActions: fixed(status)})
		return err
	}
	for i := range int32(50) {
		if err := create(i+1, "404"); err != nil {
			t.Fatalf("listener %d: %v", i+1, err)
		}
	}
	wantCode(t, create(51, "404"), "TooManyListeners", "'50'")
	if err := create(1, "404"); err != nil {
		t.Errorf("equal settings: %v", err)
	}
	wantCode(t, create(1, "405"), "DuplicateListener", "A listener already exists on this port")
	n := 0
	pages := elb.NewDescribeListenersPaginator(w, &elb.DescribeListenersInput{LoadBalancerArn: lb.LoadBalancerArn, PageSize: aws.Int32(20)})
	for pages.HasMorePages() {
		n += len(must(pages.NextPage(ctx))(t).Listeners)
	}
	if n != 50 {
		t.Errorf("%d listeners", n)
	}
	_, err := w.DescribeListeners(ctx, &elb.DescribeListenersInput{})
	wantCode(t, err, "ValidationError", "You must specify either listener ARNs or a load balancer ARN")
	_, err = w.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: aws.String(missingARN + "loadbalancer/app/x/0123456789abcdef")})
	wantCode(t, err, "LoadBalancerNotFound", "")
}

func TestModifyListener(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	lb := w.balancer("web")
	grpc := w.group("grpc", func(in *elb.CreateTargetGroupInput) { in.ProtocolVersion = aws.String("GRPC") })
	plain, secured := w.listener(lb.LoadBalancerArn, 80, fixed("404")), w.listener(lb.LoadBalancerArn, 443, forward(grpc), https)
	modify := func(change func(*elb.ModifyListenerInput), arn string) (types.Listener, error) {
		in := &elb.ModifyListenerInput{ListenerArn: &arn}
		change(in)
		out, err := w.ModifyListener(ctx, in)
		if err != nil {
			return types.Listener{}, err
		}
		return out.Listeners[0], nil
	}
	_, err := modify(func(in *elb.ModifyListenerInput) { in.Port = aws.Int32(443) }, plain)
	wantCode(t, err, "DuplicateListener", "")
	_, err = modify(func(in *elb.ModifyListenerInput) { in.Protocol = "HTTPS" }, plain)
	wantCode(t, err, "ValidationError", "A certificate must be specified")
	_, err = modify(func(in *elb.ModifyListenerInput) { in.Protocol = "HTTP" }, secured)
	wantCode(t, err, "InvalidLoadBalancerAction", "protocol-version 'GRPC'")
	l := must(modify(func(in *elb.ModifyListenerInput) { in.DefaultActions = fixed("503") }, secured))(t)
	if *l.DefaultActions[0].FixedResponseConfig.StatusCode != "503" || *l.SslPolicy != "ELBSecurityPolicy-2016-08" || *l.Port != 443 {
		t.Errorf("now %+v", l)
	}
	must(w.DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &grpc}))(t)
	l = must(modify(func(in *elb.ModifyListenerInput) { in.Protocol, in.Port = "HTTP", aws.Int32(8080) }, secured))(t)
	if len(l.Certificates) != 0 || l.SslPolicy != nil || *l.Port != 8080 {
		t.Errorf("after HTTPS to HTTP: %+v", l)
	}
	_, err = w.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &plain})
	if err != nil {
		t.Error(err)
	}
	_, err = w.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &plain})
	wantCode(t, err, "ListenerNotFound", "")
}

func TestListenerCertificates(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	lb := w.balancer("web")
	l, plain := w.listener(lb.LoadBalancerArn, 443, fixed("404"), https), w.listener(lb.LoadBalancerArn, 80, fixed("404"))
	add := func(to, arn string) error {
		_, err := w.AddListenerCertificates(ctx, &elb.AddListenerCertificatesInput{ListenerArn: &to, Certificates: []types.Certificate{{CertificateArn: &arn}}})
		return err
	}
	remove := func(arn string) error {
		_, err := w.RemoveListenerCertificates(ctx, &elb.RemoveListenerCertificatesInput{ListenerArn: &l, Certificates: []types.Certificate{{CertificateArn: &arn}}})
		return err
	}
	name := func(i int) string { return fmt.Sprintf("arn:aws:acm:eu-west-1:123456789012:certificate/%02d", i) }
	for i := range 25 {
		if err := add(l, name(i)); err != nil {
			t.Fatalf("certificate %d: %v", i, err)
		}
	}
	wantCode(t, add(l, name(25)), "TooManyCertificates", "'25'")
	for _, again := range []string{name(3), certArn} {
		if err := add(l, again); err != nil {
			t.Errorf("a certificate that is there: %v", err)
		}
	}
	wantCode(t, add(plain, certArn), "ValidationError", "HTTP listeners")
	wantCode(t, add(l, "arn:aws:acm:eu-west-1:123456789012:certificate/missing"), "CertificateNotFound", "")
	wantCode(t, remove(certArn), "OperationNotPermitted", "cannot be removed")
	for range 2 {
		if err := remove(name(3)); err != nil {
			t.Error(err)
		}
	}
	_, err := w.AddListenerCertificates(ctx, &elb.AddListenerCertificatesInput{ListenerArn: &l, Certificates: []types.Certificate{{CertificateArn: aws.String(certArn)}, {CertificateArn: aws.String(otherCert)}}})
	wantCode(t, err, "ValidationError", "one certificate per call")
	n, defaults := 0, 0
	pages := elb.NewDescribeListenerCertificatesPaginator(w, &elb.DescribeListenerCertificatesInput{ListenerArn: &l, PageSize: aws.Int32(10)})
	for pages.HasMorePages() {
		for _, c := range must(pages.NextPage(ctx))(t).Certificates {
			n++
			if *c.IsDefault {
				defaults++
			}
		}
	}
	if n != 25 || defaults != 1 {
		t.Errorf("%d certificates, %d of them default", n, defaults)
	}
	if users := w.service.CertificateUsers(scope, name(4)); len(users) != 1 || users[0] != *lb.LoadBalancerArn {
		t.Errorf("users of a certificate are %v", users)
	}
}

func TestSSLPolicies(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	all := must(w.DescribeSSLPolicies(ctx, &elb.DescribeSSLPoliciesInput{}))(t).SslPolicies
	if len(all) < 20 {
		t.Errorf("%d policies", len(all))
	}
	one := must(w.DescribeSSLPolicies(ctx, &elb.DescribeSSLPoliciesInput{Names: []string{"ELBSecurityPolicy-TLS13-1-2-2021-06"}}))(t).SslPolicies[0]
	if fmt.Sprint(one.SslProtocols) != "[TLSv1.2 TLSv1.3]" || *one.Ciphers[0].Name != "TLS_AES_128_GCM_SHA256" {
		t.Errorf("described as %+v", one)
	}
	_, err := w.DescribeSSLPolicies(ctx, &elb.DescribeSSLPoliciesInput{Names: []string{"none"}})
	wantCode(t, err, "SSLPolicyNotFound", "")
	if none := must(w.DescribeSSLPolicies(ctx, &elb.DescribeSSLPoliciesInput{LoadBalancerType: types.LoadBalancerTypeEnumGateway}))(t).SslPolicies; len(none) != 0 {
		t.Errorf("GWLBs have %d policies", len(none))
	}
}

func TestNetworkRules(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	single, dual := w.balancer("single", networkKind), w.balancer("dual", networkKind, dualstack)
	a, b := w.group("a", protocol("TCP")), w.group("b", protocol("TCP"))
	v4 := all(types.RuleCondition{Field: aws.String("source-ip"), SourceIpConfig: &types.SourceIpConditionConfig{IpAddressType: types.SourceIpAddressTypeEnumIpv4}})
	create := func(l string, conditions []types.RuleCondition, actions []types.Action) error {
		_, err := w.CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: &l, Priority: aws.Int32(1), Conditions: conditions, Actions: actions})
		return err
	}
	on := w.listener(dual.LoadBalancerArn, 80, forward(a), over("TCP"))
	wantCode(t, create(on, paths("/"), forward(a)), "ValidationError", "exactly one condition of field 'source-ip'")
	wantCode(t, create(on, all(sources("10.0.0.0/8")), forward(a)), "ValidationError", "IpAddressType")
	if err := create(on, v4, forward(a)); err != nil {
		t.Error(err)
	}
	off := w.listener(single.LoadBalancerArn, 80, forward(b), over("TCP"))
	wantCode(t, create(off, v4, forward(b)), "InvalidConfigurationRequest", "dualstack")
}
