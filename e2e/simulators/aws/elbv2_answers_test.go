package aws_test

import (
	"testing"
	"testing/fstest"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws"
)

// What the operations that no other test calls answer, as the SDK reads it.

func TestAnswersAboutAnAccount(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off"})
	client := elb.NewFromConfig(sim.SDK("", ""))
	limits := got(client.DescribeAccountLimits(t.Context(), &elb.DescribeAccountLimitsInput{PageSize: awssdk.Int32(5)}))(t)
	if len(limits.Limits) != 5 || awssdk.ToString(limits.NextMarker) == "" || awssdk.ToString(limits.Limits[0].Max) == "" {
		t.Errorf("limits are %+v", limits)
	}
	policies := got(client.DescribeSSLPolicies(t.Context(), &elb.DescribeSSLPoliciesInput{Names: []string{"ELBSecurityPolicy-TLS13-1-2-2021-06"}}))(t)
	if len(policies.SslPolicies) != 1 || len(policies.SslPolicies[0].Ciphers) == 0 || len(policies.SslPolicies[0].SslProtocols) != 2 {
		t.Errorf("the policy is %+v", policies.SslPolicies)
	}
}

func TestAnswersAboutALoadBalancer(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off"})
	client, ctx := elb.NewFromConfig(sim.SDK("", "")), t.Context()
	balancer := got(client.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: awssdk.String("all"), Subnets: subnets(t, sim, "public-a", "public-b")}))(t).LoadBalancers[0]
	arn := balancer.LoadBalancerArn

	moved := got(client.SetSubnets(ctx, &elb.SetSubnetsInput{LoadBalancerArn: arn, Subnets: subnets(t, sim, "public-b", "public-c")}))(t)
	if len(moved.AvailabilityZones) != 2 || *moved.AvailabilityZones[1].ZoneName != "us-east-1c" {
		t.Errorf("zones are %+v", moved.AvailabilityZones)
	}
	group := got(ec2.NewFromConfig(sim.SDK("", "")).CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: awssdk.String("lb"), Description: awssdk.String("x"), VpcId: balancer.VpcId,
	}))(t)
	groups := got(client.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{LoadBalancerArn: arn, SecurityGroups: []string{*group.GroupId}}))(t)
	if len(groups.SecurityGroupIds) != 1 || groups.SecurityGroupIds[0] != *group.GroupId {
		t.Errorf("security groups are %v", groups.SecurityGroupIds)
	}
	if address := got(client.SetIpAddressType(ctx, &elb.SetIpAddressTypeInput{LoadBalancerArn: arn, IpAddressType: types.IpAddressTypeIpv4}))(t); address.IpAddressType != types.IpAddressTypeIpv4 {
		t.Errorf("addresses are %v", address.IpAddressType)
	}
	reserved := got(client.ModifyCapacityReservation(ctx, &elb.ModifyCapacityReservationInput{
		LoadBalancerArn: arn, MinimumLoadBalancerCapacity: &types.MinimumLoadBalancerCapacity{CapacityUnits: awssdk.Int32(200)},
	}))(t)
	if *reserved.MinimumLoadBalancerCapacity.CapacityUnits != 200 || reserved.LastModifiedTime == nil || *reserved.DecreaseRequestsRemaining == 0 {
		t.Errorf("the reservation is %+v", reserved)
	}
	pools := got(client.ModifyIpPools(ctx, &elb.ModifyIpPoolsInput{LoadBalancerArn: arn, IpamPools: &types.IpamPools{Ipv4IpamPoolId: awssdk.String("ipam-pool-0abc")}}))(t)
	if *pools.IpamPools.Ipv4IpamPoolId != "ipam-pool-0abc" {
		t.Errorf("pools are %+v", pools.IpamPools)
	}
	got(client.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{*arn}, Tags: tags("all")}))(t)
	got(client.RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: []string{*arn}, TagKeys: []string{*tags("all")[0].Key}}))(t)
	left := got(client.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: []string{*arn}}))(t)
	if len(left.TagDescriptions) != 1 || len(left.TagDescriptions[0].Tags) != len(tags("all"))-1 {
		t.Errorf("tags are %+v", left.TagDescriptions)
	}
	target := got(client.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: awssdk.String("all"), Protocol: types.ProtocolEnumHttp, Port: awssdk.Int32(80), VpcId: balancer.VpcId, TargetType: types.TargetTypeEnumIp,
	}))(t).TargetGroups[0]
	changed := got(client.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{TargetGroupArn: target.TargetGroupArn, HealthCheckPath: awssdk.String("/ready")}))(t)
	if *changed.TargetGroups[0].HealthCheckPath != "/ready" {
		t.Errorf("the group is %+v", changed.TargetGroups)
	}
}

func TestAnswersAboutATrustStore(t *testing.T) {
	a := newAuthority(t)
	sim := start(t, aws.Options{Addresses: "off", ObjectFS: fstest.MapFS{
		"bucket/ca.pem": {Data: block("CERTIFICATE", a.cert.Raw)}, "bucket/crl.pem": {Data: a.revoke(4)},
	}})
	client, ctx := elb.NewFromConfig(sim.SDK("", "")), t.Context()
	bundle := &elb.CreateTrustStoreInput{
		Name: awssdk.String("clients"), CaCertificatesBundleS3Bucket: awssdk.String("bucket"), CaCertificatesBundleS3Key: awssdk.String("ca.pem"),
	}
	arn := got(client.CreateTrustStore(ctx, bundle))(t).TrustStores[0].TrustStoreArn
	listener := secureListener(t, sim, client, arn)

	added := got(client.AddTrustStoreRevocations(ctx, &elb.AddTrustStoreRevocationsInput{
		TrustStoreArn: arn, RevocationContents: []types.RevocationContent{{S3Bucket: awssdk.String("bucket"), S3Key: awssdk.String("crl.pem")}},
	}))(t)
	revocations := got(client.DescribeTrustStoreRevocations(ctx, &elb.DescribeTrustStoreRevocationsInput{TrustStoreArn: arn}))(t)
	if len(added.TrustStoreRevocations) != 1 || len(revocations.TrustStoreRevocations) != 1 {
		t.Fatalf("revocations are %+v", revocations.TrustStoreRevocations)
	}
	id := revocations.TrustStoreRevocations[0].RevocationId
	if content := got(client.GetTrustStoreRevocationContent(ctx, &elb.GetTrustStoreRevocationContentInput{TrustStoreArn: arn, RevocationId: id}))(t); awssdk.ToString(content.Location) == "" {
		t.Error("the revocation file is nowhere")
	}
	if content := got(client.GetTrustStoreCaCertificatesBundle(ctx, &elb.GetTrustStoreCaCertificatesBundleInput{TrustStoreArn: arn}))(t); awssdk.ToString(content.Location) == "" {
		t.Error("the bundle is nowhere")
	}
	if used := got(client.DescribeTrustStoreAssociations(ctx, &elb.DescribeTrustStoreAssociationsInput{TrustStoreArn: arn}))(t); len(used.TrustStoreAssociations) != 1 {
		t.Errorf("used by %+v", used.TrustStoreAssociations)
	}
	if stores := got(client.DescribeTrustStores(ctx, &elb.DescribeTrustStoresInput{Names: []string{"clients"}}))(t); len(stores.TrustStores) != 1 || *stores.TrustStores[0].TotalRevokedEntries != 1 {
		t.Errorf("the store is %+v", stores.TrustStores)
	}
	if _, err := client.DeleteSharedTrustStoreAssociation(ctx, &elb.DeleteSharedTrustStoreAssociationInput{TrustStoreArn: arn, ResourceArn: listener}); code(err) == "" {
		t.Error("an association within the account went as a shared one")
	}
	if _, err := client.GetResourcePolicy(ctx, &elb.GetResourcePolicyInput{ResourceArn: arn}); code(err) != "ResourceNotFound" {
		t.Errorf("the store's policy is %v", err)
	}
	got(client.RemoveTrustStoreRevocations(ctx, &elb.RemoveTrustStoreRevocationsInput{TrustStoreArn: arn, RevocationIds: []int64{*id}}))(t)
	got(client.ModifyTrustStore(ctx, &elb.ModifyTrustStoreInput{
		TrustStoreArn: arn, CaCertificatesBundleS3Bucket: bundle.CaCertificatesBundleS3Bucket, CaCertificatesBundleS3Key: bundle.CaCertificatesBundleS3Key,
	}))(t)
	if _, err := client.DeleteTrustStore(ctx, &elb.DeleteTrustStoreInput{TrustStoreArn: arn}); code(err) != "TrustStoreInUse" {
		t.Errorf("a store in use went: %v", err)
	}
	got(client.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: listener}))(t)
	got(client.DeleteTrustStore(ctx, &elb.DeleteTrustStoreInput{TrustStoreArn: arn}))(t)
}

// secureListener makes a load balancer with an HTTPS listener that verifies clients by a trust store.
func secureListener(t *testing.T, sim *aws.Simulator, client *elb.Client, store *string) *string {
	t.Helper()
	certificate, key := newPair(t, time.Now().Add(time.Hour), "a.example")
	imported := got(acm.NewFromConfig(sim.SDK("", "")).ImportCertificate(t.Context(), &acm.ImportCertificateInput{Certificate: certificate, PrivateKey: key}))(t)
	balancer := got(client.CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{Name: awssdk.String("secure"), Subnets: subnets(t, sim, "public-a", "public-b")}))(t)
	listener := got(client.CreateListener(t.Context(), &elb.CreateListenerInput{
		LoadBalancerArn: balancer.LoadBalancers[0].LoadBalancerArn, Protocol: types.ProtocolEnumHttps, Port: awssdk.Int32(443),
		Certificates:         []types.Certificate{{CertificateArn: imported.CertificateArn}},
		MutualAuthentication: &types.MutualAuthenticationAttributes{Mode: awssdk.String("verify"), TrustStoreArn: store},
		DefaultActions:       []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: awssdk.String("404")}}},
	}))(t)
	arn := listener.Listeners[0].ListenerArn
	if all := got(client.DescribeListenerCertificates(t.Context(), &elb.DescribeListenerCertificatesInput{ListenerArn: arn}))(t); len(all.Certificates) != 1 || !*all.Certificates[0].IsDefault {
		t.Errorf("certificates are %+v", all.Certificates)
	}
	return arn
}
