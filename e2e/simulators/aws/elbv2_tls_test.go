package aws_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"testing"
	"testing/fstest"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws"
)

// authority is a certificate authority of the test's own.
type authority struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	cert   *x509.Certificate
	serial int64
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, key: got(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t), serial: 1}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: []byte{1},
	}
	a.cert = got(x509.ParseCertificate(got(x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key))(t)))(t)
	return a
}

// issue makes a certificate for a name, and its key, as PEM.
func (a *authority) issue(name string) (cert, key []byte) {
	a.t.Helper()
	a.serial++
	own := got(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(a.t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(a.serial), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(12 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der := got(x509.CreateCertificate(rand.Reader, template, a.cert, &own.PublicKey, a.key))(a.t)
	return block("CERTIFICATE", der), block("PRIVATE KEY", got(x509.MarshalPKCS8PrivateKey(own))(a.t))
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// revoke is a list of revoked serial numbers.
func (a *authority) revoke(serials ...int64) []byte {
	a.t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour)}
	for _, s := range serials {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(s), RevocationTime: time.Now()})
	}
	return block("X509 CRL", got(x509.CreateRevocationList(rand.Reader, list, a.cert, a.key))(a.t))
}

// secure is a simulator with an HTTPS listener.
type secure struct {
	t         *testing.T
	sim       *aws.Simulator
	client    *elb.Client
	acm       *acm.Client
	authority *authority
	balancer  types.LoadBalancer
	listener  *string
	// certificate is the listener's default one.
	certificate *string
}

func (s *secure) importCertificate(arn *string, name string) *string {
	s.t.Helper()
	cert, key := s.authority.issue(name)
	return got(s.acm.ImportCertificate(s.t.Context(), &acm.ImportCertificateInput{CertificateArn: arn, Certificate: cert, PrivateKey: key}))(s.t).CertificateArn
}

func newSecure(t *testing.T, o aws.Options) *secure {
	t.Helper()
	s := &secure{t: t, sim: start(t, o), authority: newAuthority(t)}
	s.client, s.acm = elb.NewFromConfig(s.sim.SDK("", "")), acm.NewFromConfig(s.sim.SDK("", ""))
	s.certificate = s.importCertificate(nil, "one.example.com")
	ctx := t.Context()
	s.balancer = got(s.client.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: awssdk.String("tls"), Subnets: subnets(t, s.sim, "public-a", "public-b")}))(t).LoadBalancers[0]
	s.listener = got(s.client.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: s.balancer.LoadBalancerArn, Port: awssdk.Int32(443), Protocol: types.ProtocolEnumHttps,
		Certificates: []types.Certificate{{CertificateArn: s.certificate}}, SslPolicy: awssdk.String("ELBSecurityPolicy-TLS13-1-2-2021-06"),
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: awssdk.String("200")}}},
	}))(t).Listeners[0].ListenerArn
	return s
}

// visit asks the listener under a server name. It gives the serial number of the certificate that was shown.
func (s *secure) visit(name string, own ...tls.Certificate) (int64, error) {
	s.t.Helper()
	client := visitor(s.t, s.sim)
	roots := x509.NewCertPool()
	roots.AddCert(s.authority.cert)
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots, ServerName: name, Certificates: own}
	response, err := client.Get("https://" + *s.balancer.DNSName + "/")
	if err != nil {
		return 0, err
	}
	return response.TLS.PeerCertificates[0].SerialNumber.Int64(), response.Body.Close()
}

func TestCertificatesOfListeners(t *testing.T) {
	s := newSecure(t, aws.Options{})
	ctx := t.Context()
	want := func(name string, serial int64) {
		t.Helper()
		if shown, err := s.visit(name); err != nil || shown != serial {
			t.Errorf("%s shows %d, %v; want %d", name, shown, err, serial)
		}
	}
	want("one.example.com", 2)
	two := s.importCertificate(nil, "two.example.com")
	if _, err := s.visit("two.example.com"); err == nil {
		t.Error("the default certificate passes for another name")
	}
	got(s.client.AddListenerCertificates(ctx, &elb.AddListenerCertificatesInput{ListenerArn: s.listener, Certificates: []types.Certificate{{CertificateArn: two}}}))(t)
	want("two.example.com", 3)
	want("one.example.com", 2)
	s.importCertificate(s.certificate, "one.example.com")
	want("one.example.com", 4)
	if _, err := s.acm.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: two}); code(err) != "ResourceInUseException" {
		t.Errorf("a certificate in use can be deleted: %v", err)
	}
	got(s.client.RemoveListenerCertificates(ctx, &elb.RemoveListenerCertificatesInput{ListenerArn: s.listener, Certificates: []types.Certificate{{CertificateArn: two}}}))(t)
	got(s.acm.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: two}))(t)
}

func TestClientCertificates(t *testing.T) {
	objects := fstest.MapFS{}
	s := newSecure(t, aws.Options{ObjectFS: objects})
	ctx := t.Context()
	good, revoked := s.pair("good"), s.pair("revoked")
	foreign := &secure{t: t, authority: newAuthority(t)}
	objects["trust/ca.pem"] = &fstest.MapFile{Data: block("CERTIFICATE", s.authority.cert.Raw)}
	objects["trust/crl.pem"] = &fstest.MapFile{Data: s.authority.revoke(4)}
	store := got(s.client.CreateTrustStore(ctx, &elb.CreateTrustStoreInput{Name: awssdk.String("trust"), CaCertificatesBundleS3Bucket: awssdk.String("trust"), CaCertificatesBundleS3Key: awssdk.String("ca.pem")}))(t).TrustStores[0].TrustStoreArn
	got(s.client.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: s.listener, MutualAuthentication: &types.MutualAuthenticationAttributes{Mode: awssdk.String("verify"), TrustStoreArn: store}}))(t)
	try := func(what string, welcome bool, own ...tls.Certificate) {
		t.Helper()
		if _, err := s.visit("one.example.com", own...); (err == nil) != welcome {
			t.Errorf("%s: %v", what, err)
		}
	}
	try("no certificate", false)
	try("a certificate", true, good)
	try("one of another authority", false, foreign.pair("foreign"))
	try("one that will be revoked", true, revoked)
	got(s.client.AddTrustStoreRevocations(ctx, &elb.AddTrustStoreRevocationsInput{TrustStoreArn: store, RevocationContents: []types.RevocationContent{{S3Bucket: awssdk.String("trust"), S3Key: awssdk.String("crl.pem")}}}))(t)
	try("a revoked one", false, revoked)
	try("a certificate that is not", true, good)
	got(s.client.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: s.listener, MutualAuthentication: &types.MutualAuthenticationAttributes{Mode: awssdk.String("off")}}))(t)
	try("no certificate when none is wanted", true)
}

// pair is a client's certificate with its key.
func (s *secure) pair(name string) tls.Certificate {
	s.t.Helper()
	return got(tls.X509KeyPair(s.authority.issue(name)))(s.t)
}
