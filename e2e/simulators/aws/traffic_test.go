package aws_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws"
)

// selfSigned is a certificate for a name, as PEM and ready for use.
func selfSigned(t *testing.T, name string) (chain, key []byte, pair tls.Certificate) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	chain = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	key = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	if pair, err = tls.X509KeyPair(chain, key); err != nil {
		t.Fatal(err)
	}
	return chain, key, pair
}

// address is where a name leads by the simulator's DNS server.
func address(t *testing.T, sim *aws.Simulator, name *string, port int) string {
	t.Helper()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, sim.DNSAddress())
	}}
	found, err := resolver.LookupHost(t.Context(), *name)
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort(found[0], strconv.Itoa(port))
}

// presented is the certificate for a name; a client's own may be shown.
func presented(t *testing.T, at, name string, own *tls.Certificate) (*x509.Certificate, error) {
	t.Helper()
	config := &tls.Config{InsecureSkipVerify: true, ServerName: name}
	if own != nil {
		config.Certificates = []tls.Certificate{*own}
	}
	c, err := tls.Dial("tcp", at, config)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	// With TLS 1.3 a client learns of its refusal from what it reads.
	if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return nil, err
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		return nil, err
	}
	return c.ConnectionState().PeerCertificates[0], nil
}

// TestCertificates imports certificates, chooses among them by SNI, renews one in place, and verifies clients with a
// trust store.
func TestCertificates(t *testing.T) {
	chain, key, _ := selfSigned(t, "one.example.com")
	other, otherKey, _ := selfSigned(t, "two.example.com")
	authority, _, client := selfSigned(t, "client.example.com")
	_, _, stranger := selfSigned(t, "stranger.example.com")
	sim := start(t, aws.Options{Clock: aws.Clock{Rate: 20}, ObjectFS: fstest.MapFS{"bucket/ca.pem": {Data: authority}}})
	s := openShop(t, sim)
	ctx, certificates := t.Context(), acm.NewFromConfig(sim.SDK("", ""))
	one, err := certificates.ImportCertificate(ctx, &acm.ImportCertificateInput{Certificate: chain, PrivateKey: key})
	s.must(err)
	two, err := certificates.ImportCertificate(ctx, &acm.ImportCertificateInput{Certificate: other, PrivateKey: otherKey})
	s.must(err)
	listened, err := s.client.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: s.balancer.LoadBalancerArn, Protocol: types.ProtocolEnumHttps, Port: awssdk.Int32(8443),
		Certificates:   []types.Certificate{{CertificateArn: one.CertificateArn}},
		DefaultActions: s.listener.DefaultActions,
	})
	s.must(err)
	listener := listened.Listeners[0].ListenerArn
	_, err = s.client.AddListenerCertificates(ctx, &elb.AddListenerCertificatesInput{ListenerArn: listener, Certificates: []types.Certificate{{CertificateArn: two.CertificateArn}}})
	s.must(err)
	at := address(t, sim, s.balancer.DNSName, 8443)
	for name, want := range map[string]string{"one.example.com": "one.example.com", "two.example.com": "two.example.com", "": "one.example.com"} {
		if got, err := presented(t, at, name, nil); err != nil || got.Subject.CommonName != want {
			t.Errorf("for %q: %v, %v", name, got, err)
		}
	}
	renewed, renewedKey, pair := selfSigned(t, "one.example.com")
	_, err = certificates.ImportCertificate(ctx, &acm.ImportCertificateInput{CertificateArn: one.CertificateArn, Certificate: renewed, PrivateKey: renewedKey})
	s.must(err)
	if got, err := presented(t, at, "one.example.com", nil); err != nil || got.SerialNumber.Cmp(pair.Leaf.SerialNumber) != 0 {
		t.Errorf("after the renewal: %v", err)
	}
	trust, err := s.client.CreateTrustStore(ctx, &elb.CreateTrustStoreInput{
		Name: awssdk.String("clients"), CaCertificatesBundleS3Bucket: awssdk.String("bucket"), CaCertificatesBundleS3Key: awssdk.String("ca.pem"),
	})
	s.must(err)
	_, err = s.client.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: listener, MutualAuthentication: &types.MutualAuthenticationAttributes{
		Mode: awssdk.String("verify"), TrustStoreArn: trust.TrustStores[0].TrustStoreArn}})
	s.must(err)
	if _, err := presented(t, at, "one.example.com", &client); err != nil {
		t.Errorf("a trusted client: %v", err)
	}
	for name, own := range map[string]*tls.Certificate{"a stranger": &stranger, "a client without certificate": nil} {
		if _, err := presented(t, at, "one.example.com", own); err == nil {
			t.Errorf("%s was let in", name)
		}
	}
}

// TestChangesReachTraffic modifies rules and attributes by the API and sees it in the next request.
func TestChangesReachTraffic(t *testing.T) {
	sim := start(t, aws.Options{Clock: aws.Clock{Rate: 20}})
	s := openShop(t, sim)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	url := "http://" + address(t, sim, s.balancer.DNSName, 8080)
	rules, err := s.client.DescribeRules(t.Context(), &elb.DescribeRulesInput{ListenerArn: s.listener.ListenerArn})
	s.must(err)
	old := rules.Rules[1]
	_, err = s.client.ModifyRule(t.Context(), &elb.ModifyRuleInput{RuleArn: old.RuleArn, Actions: []types.Action{{
		Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: awssdk.String("410"), MessageBody: awssdk.String("gone")}}}})
	s.must(err)
	if status, body := fetch(t, client, url+"/old/x"); status != 410 || body != "gone" {
		t.Errorf("the changed rule: %d %q", status, body)
	}
	_, err = s.client.ModifyListenerAttributes(t.Context(), &elb.ModifyListenerAttributesInput{ListenerArn: s.listener.ListenerArn, Attributes: []types.ListenerAttribute{
		{Key: awssdk.String("routing.http.response.x_frame_options.header_value"), Value: awssdk.String("DENY")}}})
	s.must(err)
	response, err := client.Get(url + "/")
	s.must(err)
	s.must(response.Body.Close())
	if got := response.Header.Get("X-Frame-Options"); got != "DENY" {
		t.Errorf("X-Frame-Options is %q", got)
	}
	_, err = s.client.SetRulePriorities(t.Context(), &elb.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{{RuleArn: old.RuleArn, Priority: awssdk.Int32(5)}}})
	s.must(err)
	s.rule(6, "/old/*", types.Action{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: awssdk.String("404")}})
	if status, _ := fetch(t, client, url+"/old/x"); status != 410 {
		t.Errorf("by the new order: %d", status)
	}
	_, err = s.client.DeleteRule(t.Context(), &elb.DeleteRuleInput{RuleArn: old.RuleArn})
	s.must(err)
	if status, _ := fetch(t, client, url+"/old/x"); status != 404 {
		t.Errorf("after the deletion: %d", status)
	}
	_, err = s.client.DeleteLoadBalancer(t.Context(), &elb.DeleteLoadBalancerInput{LoadBalancerArn: s.balancer.LoadBalancerArn})
	s.must(err)
	if response, err := (&http.Client{Transport: &http.Transport{}}).Get(url); err == nil {
		t.Errorf("a deleted load balancer answers %s", response.Status)
	}
}

// TestNetworkLoadBalancer forwards TCP by the API's configuration.
func TestNetworkLoadBalancer(t *testing.T) {
	sim := start(t, aws.Options{Clock: aws.Clock{Rate: 20}})
	s := &shop{t: t, client: elb.NewFromConfig(sim.SDK("", ""))}
	created, err := s.client.CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{
		Name: awssdk.String("lines"), Type: types.LoadBalancerTypeEnumNetwork, Subnets: subnets(t, sim, "public-a"),
	})
	s.must(err)
	balancer := created.LoadBalancers[0]
	group, err := s.client.CreateTargetGroup(t.Context(), &elb.CreateTargetGroupInput{
		Name: awssdk.String("lines"), Protocol: types.ProtocolEnumTcp, Port: awssdk.Int32(80), VpcId: balancer.VpcId, TargetType: types.TargetTypeEnumIp,
	})
	s.must(err)
	arn := group.TargetGroups[0].TargetGroupArn
	_, err = s.client.CreateListener(t.Context(), &elb.CreateListenerInput{
		LoadBalancerArn: balancer.LoadBalancerArn, Protocol: types.ProtocolEnumTcp, Port: awssdk.Int32(8080),
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: arn}},
	})
	s.must(err)
	s.targets(arn, "through")
	if status, body := fetch(t, http.DefaultClient, "http://"+address(t, sim, balancer.DNSName, 8080)); status != 200 || body != "through" {
		t.Errorf("%d %q", status, body)
	}
}
