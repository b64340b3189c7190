package elbv2_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2"
)

// authority makes a CA certificate and a list of so many revoked ones, as PEM.
func authority(t *testing.T, revoked int) (ca, crl []byte) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: []byte{1},
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))(t)
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now(), NextUpdate: time.Now().Add(time.Hour)}
	for i := range revoked {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(int64(i + 2)), RevocationTime: time.Now()})
	}
	crlDER := must(x509.CreateRevocationList(rand.Reader, list, must(x509.ParseCertificate(der))(t), key))(t)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: crlDER})
}

func TestTrustStores(t *testing.T) {
	w := start(t, func(o *elbv2.Options) { o.Delays.TrustStore = time.Minute })
	ctx := t.Context()
	ca, crl := authority(t, 3)
	w.objects["b/ca.pem"], w.objects["b/two.pem"] = &fstest.MapFile{Data: ca}, &fstest.MapFile{Data: append(ca, ca...)}
	w.objects["b/crl.pem"], w.objects["b/junk"] = &fstest.MapFile{Data: crl}, &fstest.MapFile{Data: []byte("junk")}
	create := func(name, key string) (*elb.CreateTrustStoreOutput, error) {
		return w.CreateTrustStore(ctx, &elb.CreateTrustStoreInput{Name: &name, CaCertificatesBundleS3Bucket: aws.String("b"), CaCertificatesBundleS3Key: &key})
	}
	_, err := create("a", "missing")
	wantCode(t, err, "CaCertificatesBundleNotFound", "")
	_, err = create("a", "junk")
	wantCode(t, err, "InvalidCaCertificatesBundle", "")
	made := must(create("a", "ca.pem"))(t).TrustStores[0]
	arn := made.TrustStoreArn
	if made.Status != types.TrustStoreStatusCreating || *made.NumberOfCaCertificates != 1 {
		t.Errorf("made %+v", made)
	}
	_, err = create("a", "two.pem")
	wantCode(t, err, "DuplicateTrustStoreName", "")

	lb := w.balancer("web")
	verify := func(p int32) error {
		in := &elb.CreateListenerInput{LoadBalancerArn: lb.LoadBalancerArn, Port: &p, DefaultActions: fixed("200")}
		https(in)
		mutual("verify", *arn)(in)
		_, err := w.CreateListener(ctx, in)
		return err
	}
	wantCode(t, verify(443), "TrustStoreNotReady", "not active")
	w.clock.Advance(time.Minute)
	for _, p := range []int32{443, 444} {
		if err := verify(p); err != nil {
			t.Errorf("listener %d: %v", p, err)
		}
	}
	wantCode(t, verify(445), "InvalidConfigurationRequest", "'2' listeners")
	_, err = w.DeleteTrustStore(ctx, &elb.DeleteTrustStoreInput{TrustStoreArn: arn})
	wantCode(t, err, "TrustStoreInUse", "")
	if got := must(w.DescribeTrustStoreAssociations(ctx, &elb.DescribeTrustStoreAssociationsInput{TrustStoreArn: arn}))(t).TrustStoreAssociations; len(got) != 1 || *got[0].ResourceArn != *lb.LoadBalancerArn {
		t.Errorf("associations are %v", got)
	}
	_, err = w.DeleteSharedTrustStoreAssociation(ctx, &elb.DeleteSharedTrustStoreAssociationInput{TrustStoreArn: arn, ResourceArn: lb.LoadBalancerArn})
	wantCode(t, err, "DeleteAssociationSameAccount", "")
	_, err = w.DeleteSharedTrustStoreAssociation(ctx, &elb.DeleteSharedTrustStoreAssociationInput{TrustStoreArn: arn, ResourceArn: aws.String("other")})
	wantCode(t, err, "AssociationNotFound", "")
	_, err = w.GetResourcePolicy(ctx, &elb.GetResourcePolicyInput{ResourceArn: arn})
	wantCode(t, err, "ResourceNotFound", "")

	modified := must(w.ModifyTrustStore(ctx, &elb.ModifyTrustStoreInput{TrustStoreArn: arn, CaCertificatesBundleS3Bucket: aws.String("b"), CaCertificatesBundleS3Key: aws.String("two.pem")}))(t)
	if *modified.TrustStores[0].NumberOfCaCertificates != 2 {
		t.Errorf("modified to %+v", modified.TrustStores[0])
	}
	if got := must(w.GetTrustStoreCaCertificatesBundle(ctx, &elb.GetTrustStoreCaCertificatesBundleInput{TrustStoreArn: arn}))(t); *got.Location != "https://b.s3.amazonaws.com/two.pem" {
		t.Errorf("the bundle is at %s", *got.Location)
	}
	must(w.DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: lb.LoadBalancerArn}))(t)
	must(w.DeleteTrustStore(ctx, &elb.DeleteTrustStoreInput{TrustStoreArn: arn}))(t)
	_, err = w.DescribeTrustStores(ctx, &elb.DescribeTrustStoresInput{TrustStoreArns: []string{*arn}})
	wantCode(t, err, "TrustStoreNotFound", "")
}

func TestTrustStoresAreBounded(t *testing.T) {
	w := start(t)
	ca, _ := authority(t, 0)
	w.objects["b/ca.pem"] = &fstest.MapFile{Data: ca}
	for i := range 21 {
		_, err := w.CreateTrustStore(t.Context(), &elb.CreateTrustStoreInput{Name: aws.String(fmt.Sprint("s", i)), CaCertificatesBundleS3Bucket: aws.String("b"), CaCertificatesBundleS3Key: aws.String("ca.pem")})
		if i < 20 && err != nil {
			t.Fatalf("trust store %d: %v", i+1, err)
		} else if i == 20 {
			wantCode(t, err, "TooManyTrustStores", "")
		}
	}
	if got := must(w.DescribeTrustStores(t.Context(), &elb.DescribeTrustStoresInput{Names: []string{"s3", "s4"}}))(t).TrustStores; len(got) != 2 {
		t.Errorf("by name: %v", got)
	}
}

func TestRevocations(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	ca, crl := authority(t, 3)
	w.objects["b/ca.pem"], w.objects["b/crl.pem"], w.objects["b/junk"] = &fstest.MapFile{Data: ca}, &fstest.MapFile{Data: crl}, &fstest.MapFile{Data: []byte("junk")}
	arn := must(w.CreateTrustStore(ctx, &elb.CreateTrustStoreInput{Name: aws.String("a"), CaCertificatesBundleS3Bucket: aws.String("b"), CaCertificatesBundleS3Key: aws.String("ca.pem")}))(t).TrustStores[0].TrustStoreArn
	add := func(key string) (*elb.AddTrustStoreRevocationsOutput, error) {
		return w.AddTrustStoreRevocations(ctx, &elb.AddTrustStoreRevocationsInput{TrustStoreArn: arn, RevocationContents: []types.RevocationContent{{S3Bucket: aws.String("b"), S3Key: &key, RevocationType: types.RevocationTypeCrl}}})
	}
	_, err := add("missing")
	wantCode(t, err, "RevocationContentNotFound", "")
	_, err = add("junk")
	wantCode(t, err, "InvalidRevocationContent", "")
	w.quotas.Set(scope, "revocation-entries-per-trust-store", 6)
	must(add("crl.pem"))(t)
	if got := must(add("crl.pem"))(t).TrustStoreRevocations[0]; *got.RevocationId != 2 || *got.NumberOfRevokedEntries != 3 {
		t.Errorf("added %+v", got)
	}
	_, err = add("crl.pem")
	wantCode(t, err, "TooManyTrustStoreRevocationEntries", "")
	if got := must(w.DescribeTrustStores(ctx, &elb.DescribeTrustStoresInput{}))(t).TrustStores[0]; *got.TotalRevokedEntries != 6 {
		t.Errorf("described as %+v", got)
	}
	if got := must(w.GetTrustStoreRevocationContent(ctx, &elb.GetTrustStoreRevocationContentInput{TrustStoreArn: arn, RevocationId: aws.Int64(2)}))(t); *got.Location != "https://b.s3.amazonaws.com/crl.pem" {
		t.Errorf("content is at %s", *got.Location)
	}
	must(w.RemoveTrustStoreRevocations(ctx, &elb.RemoveTrustStoreRevocationsInput{TrustStoreArn: arn, RevocationIds: []int64{1}}))(t)
	_, err = w.RemoveTrustStoreRevocations(ctx, &elb.RemoveTrustStoreRevocationsInput{TrustStoreArn: arn, RevocationIds: []int64{1}})
	wantCode(t, err, "RevocationIdNotFound", "")
	if got := must(w.DescribeTrustStoreRevocations(ctx, &elb.DescribeTrustStoreRevocationsInput{TrustStoreArn: arn, PageSize: aws.Int32(1)}))(t).TrustStoreRevocations; len(got) != 1 || *got[0].RevocationId != 2 {
		t.Errorf("left are %+v", got)
	}
}
