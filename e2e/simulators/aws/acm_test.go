package aws_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws"
)

// newPair makes a certificate that signed itself, and its key, as PEM.
func newPair(t *testing.T, expires time.Time, names ...string) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: expires, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})
}

func TestImportedCertificates(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off"})
	client := acm.NewFromConfig(sim.SDK("", ""))
	ctx := t.Context()
	certificate, key := newPair(t, time.Now().Add(time.Hour), "a.example", "b.example")
	made, err := client.ImportCertificate(ctx, &acm.ImportCertificateInput{Certificate: certificate, PrivateKey: key, Tags: []acmtypes.Tag{{Key: awssdk.String("k"), Value: awssdk.String("v")}}})
	if err != nil {
		t.Fatal(err)
	}
	described, err := client.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: made.CertificateArn})
	if err != nil {
		t.Fatal(err)
	}
	d := described.Certificate
	if *d.DomainName != "a.example" || len(d.SubjectAlternativeNames) != 2 || d.Type != acmtypes.CertificateTypeImported ||
		d.Status != acmtypes.CertificateStatusIssued || d.KeyAlgorithm != acmtypes.KeyAlgorithmEcPrime256v1 || d.ImportedAt.IsZero() {
		t.Errorf("described as %+v", d)
	}
	// Without a filter by key type only RSA keys of up to 2048 bits are listed.
	for _, c := range []struct {
		filters *acmtypes.Filters
		want    int
	}{{nil, 0}, {&acmtypes.Filters{KeyTypes: []acmtypes.KeyAlgorithm{acmtypes.KeyAlgorithmEcPrime256v1}}, 1}} {
		list, err := client.ListCertificates(ctx, &acm.ListCertificatesInput{Includes: c.filters})
		if err != nil || len(list.CertificateSummaryList) != c.want {
			t.Errorf("listed with %v: %v, %v", c.filters, list, err)
		}
	}
	again, otherKey := newPair(t, time.Now().Add(time.Hour), "c.example")
	if _, err := client.ImportCertificate(ctx, &acm.ImportCertificateInput{CertificateArn: made.CertificateArn, Certificate: again, PrivateKey: otherKey}); err != nil {
		t.Error(err)
	}
	got, err := client.GetCertificate(ctx, &acm.GetCertificateInput{CertificateArn: made.CertificateArn})
	if err != nil || *got.Certificate != string(again) {
		t.Errorf("after the second import it is %v, %v", got, err)
	}
	if _, err := client.AddTagsToCertificate(ctx, &acm.AddTagsToCertificateInput{
		CertificateArn: made.CertificateArn, Tags: []acmtypes.Tag{{Key: awssdk.String("k"), Value: awssdk.String("w")}, {Key: awssdk.String("l")}},
	}); err != nil {
		t.Error(err)
	}
	if _, err := client.RemoveTagsFromCertificate(ctx, &acm.RemoveTagsFromCertificateInput{
		CertificateArn: made.CertificateArn, Tags: []acmtypes.Tag{{Key: awssdk.String("l")}, {Key: awssdk.String("k"), Value: awssdk.String("v")}},
	}); err != nil {
		t.Error(err)
	}
	tags, err := client.ListTagsForCertificate(ctx, &acm.ListTagsForCertificateInput{CertificateArn: made.CertificateArn})
	if err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Value != "w" {
		t.Errorf("tags are %v, %v", tags, err)
	}
	if _, err := client.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: made.CertificateArn}); err != nil {
		t.Error(err)
	}
	if _, err := client.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: made.CertificateArn}); code(err) != "ResourceNotFoundException" {
		t.Errorf("after deletion it is %v", err)
	}
}

func TestImportsThatACMRefuses(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off"})
	client := acm.NewFromConfig(sim.SDK("", ""))
	good, key := newPair(t, time.Now().Add(time.Hour), "a.example")
	expired, expiredKey := newPair(t, time.Now().Add(-time.Minute), "a.example")
	other, otherKey := newPair(t, time.Now().Add(time.Hour), "a.example")
	requested, err := client.RequestCertificate(t.Context(), &acm.RequestCertificateInput{DomainName: awssdk.String("d.example")})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		in   acm.ImportCertificateInput
		want string
	}{
		"another's key":      {acm.ImportCertificateInput{Certificate: good, PrivateKey: otherKey}, "ValidationException"},
		"two certificates":   {acm.ImportCertificateInput{Certificate: append(bytes.Clone(good), other...), PrivateKey: key}, "ValidationException"},
		"no certificate":     {acm.ImportCertificateInput{Certificate: []byte("x"), PrivateKey: key}, "ValidationException"},
		"expired":            {acm.ImportCertificateInput{Certificate: expired, PrivateKey: expiredKey}, "ValidationException"},
		"another's chain":    {acm.ImportCertificateInput{Certificate: good, PrivateKey: key, CertificateChain: other}, "ValidationException"},
		"over a requested":   {acm.ImportCertificateInput{Certificate: good, PrivateKey: key, CertificateArn: requested.CertificateArn}, "ValidationException"},
		"over none":          {acm.ImportCertificateInput{Certificate: good, PrivateKey: key, CertificateArn: awssdk.String("arn:aws:acm:us-east-1:1:certificate/0")}, "ResourceNotFoundException"},
		"tag of AWS's":       {acm.ImportCertificateInput{Certificate: good, PrivateKey: key, Tags: []acmtypes.Tag{{Key: awssdk.String("aws:x")}}}, "InvalidTagException"},
		"a tag twice":        {acm.ImportCertificateInput{Certificate: good, PrivateKey: key, Tags: []acmtypes.Tag{{Key: awssdk.String("x")}, {Key: awssdk.String("x")}}}, "InvalidTagException"},
		"fine, to the chain": {acm.ImportCertificateInput{Certificate: good, PrivateKey: key}, ""},
	} {
		if _, err := client.ImportCertificate(t.Context(), &c.in); code(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestRequestedCertificatesAreIssuedLater(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off", Clock: aws.Clock{Stopped: true}, Delays: &aws.Delays{CertificateIssue: aws.Duration(time.Minute)}})
	client := acm.NewFromConfig(sim.SDK("", ""))
	ctx := t.Context()
	in := &acm.RequestCertificateInput{
		DomainName: awssdk.String("*.example.com"), SubjectAlternativeNames: []string{"example.com"}, ValidationMethod: acmtypes.ValidationMethodDns,
		IdempotencyToken: awssdk.String("once"), KeyAlgorithm: acmtypes.KeyAlgorithmEcPrime256v1,
	}
	made, err := client.RequestCertificate(ctx, in)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := client.RequestCertificate(ctx, in); err != nil || *again.CertificateArn != *made.CertificateArn {
		t.Errorf("the same token gave %v, %v", again, err)
	}
	describe := func() *acmtypes.CertificateDetail {
		out, err := client.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: made.CertificateArn})
		if err != nil {
			t.Fatal(err)
		}
		return out.Certificate
	}
	if d := describe(); d.Status != acmtypes.CertificateStatusPendingValidation || !strings.HasSuffix(*d.DomainValidationOptions[0].ResourceRecord.Name, ".example.com.") {
		t.Errorf("at first it is %+v", d)
	}
	if _, err := client.GetCertificate(ctx, &acm.GetCertificateInput{CertificateArn: made.CertificateArn}); code(err) != "RequestInProgressException" {
		t.Errorf("before it is issued there is %v", err)
	}
	sim.Advance(time.Minute)
	eventually(t, "the certificate is issued", func() (bool, error) { return describe().Status == acmtypes.CertificateStatusIssued, nil })
	got, err := client.GetCertificate(ctx, &acm.GetCertificateInput{CertificateArn: made.CertificateArn})
	if err != nil || got.CertificateChain == nil {
		t.Fatalf("the issued certificate is %v, %v", got, err)
	}
	block, _ := pem.Decode([]byte(*got.Certificate))
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil || leaf.VerifyHostname("www.example.com") != nil || leaf.VerifyHostname("example.com") != nil {
		t.Errorf("the certificate is for %v, %v", leaf.DNSNames, err)
	}
	eleven := make([]string, 10)
	for i := range eleven {
		eleven[i] = string(rune('a'+i)) + ".example.com"
	}
	if _, err := client.RequestCertificate(ctx, &acm.RequestCertificateInput{DomainName: awssdk.String("example.com"), SubjectAlternativeNames: eleven}); code(err) != "LimitExceededException" {
		t.Errorf("eleven names got %v", err)
	}
}

func TestCertificatesInUseStay(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off"})
	certificates, balancers := acm.NewFromConfig(sim.SDK("", "")), elb.NewFromConfig(sim.SDK("", ""))
	ctx := t.Context()
	certificate, key := newPair(t, time.Now().Add(time.Hour), "a.example")
	made, err := certificates.ImportCertificate(ctx, &acm.ImportCertificateInput{Certificate: certificate, PrivateKey: key})
	if err != nil {
		t.Fatal(err)
	}
	balancer, err := balancers.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: awssdk.String("tls"), Subnets: subnets(t, sim, "public-a", "public-b")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := balancers.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: balancer.LoadBalancers[0].LoadBalancerArn, Protocol: types.ProtocolEnumHttps, Port: awssdk.Int32(443),
		Certificates:   []types.Certificate{{CertificateArn: made.CertificateArn}},
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: awssdk.String("404")}}},
	}); err != nil {
		t.Fatal(err)
	}
	described, err := certificates.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: made.CertificateArn})
	if err != nil || len(described.Certificate.InUseBy) != 1 || described.Certificate.InUseBy[0] != *balancer.LoadBalancers[0].LoadBalancerArn {
		t.Errorf("used by %v, %v", described, err)
	}
	if _, err := certificates.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: made.CertificateArn}); code(err) != "ResourceInUseException" {
		t.Errorf("a certificate in use went: %v", err)
	}
	if _, err := balancers.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: balancer.LoadBalancers[0].LoadBalancerArn}); err != nil {
		t.Fatal(err)
	}
	if _, err := certificates.DeleteCertificate(ctx, &acm.DeleteCertificateInput{CertificateArn: made.CertificateArn}); err != nil {
		t.Error(err)
	}
}
