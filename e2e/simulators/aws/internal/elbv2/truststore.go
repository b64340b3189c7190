package elbv2

import (
	"crypto/x509"
	"encoding/pem"
	"io/fs"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

func (s *Service) trustStoreOperations() map[string]api.Operation {
	return map[string]api.Operation{
		"CreateTrustStore":                  writing(s, (*region).createTrustStore),
		"DescribeTrustStores":               reading(s, (*region).describeTrustStores),
		"ModifyTrustStore":                  writing(s, (*region).modifyTrustStore),
		"DeleteTrustStore":                  writing(s, (*region).deleteTrustStore),
		"GetTrustStoreCaCertificatesBundle": reading(s, (*region).getTrustStoreBundle),
		"AddTrustStoreRevocations":          writing(s, (*region).addTrustStoreRevocations),
		"RemoveTrustStoreRevocations":       writing(s, (*region).removeTrustStoreRevocations),
		"DescribeTrustStoreRevocations":     reading(s, (*region).describeTrustStoreRevocations),
		"GetTrustStoreRevocationContent":    reading(s, (*region).getTrustStoreRevocationContent),
		"DescribeTrustStoreAssociations":    reading(s, (*region).describeTrustStoreAssociations),
		"DeleteSharedTrustStoreAssociation": writing(s, (*region).deleteSharedTrustStoreAssociation),
		"GetResourcePolicy":                 reading(s, (*region).getResourcePolicy),
	}
}

func (r *region) trustStatus(t *trust) types.TrustStoreStatus {
	if r.now().Before(t.Created.Add(r.service.Delays.TrustStore)) {
		return types.TrustStoreStatusCreating
	}
	return types.TrustStoreStatusActive
}

func (r *region) describeTrust(t *trust) types.TrustStore {
	total := int64(0)
	for _, v := range t.Revocations {
		total += v.Entries
	}
	return types.TrustStore{
		Name: aws.String(t.Name), TrustStoreArn: aws.String(t.ARN), Status: r.trustStatus(t),
		NumberOfCaCertificates: aws.Int32(t.Count), TotalRevokedEntries: aws.Int64(total),
	}
}

// object reads a stored object, with the error that AWS gives for one that is not there.
func (r *region) object(bucket, key *string, missing *api.Error) ([]byte, error) {
	if r.service.Objects == nil {
		return nil, missing
	}
	content, err := fs.ReadFile(r.service.Objects, aws.ToString(bucket)+"/"+aws.ToString(key))
	if err != nil {
		return nil, missing
	}
	return content, nil
}

var (
	errNoBundle   = api.Errorf("CaCertificatesBundleNotFound", "The specified ca certificate bundle does not exist.")
	errBadBundle  = api.Errorf("InvalidCaCertificatesBundle", "The specified ca certificate bundle is in an invalid format, or corrupt.")
	errNoContent  = api.Errorf("RevocationContentNotFound", "The specified revocation file does not exist.")
	errBadContent = api.Errorf("InvalidRevocationContent", "The provided revocation file is an invalid format, or uses an incorrect algorithm.")
)

// bundle reads CA certificates and counts them.
func (r *region) bundle(bucket, key *string) ([]byte, int32, error) {
	content, err := r.object(bucket, key, errNoBundle)
	if err != nil {
		return nil, 0, err
	}
	count := int32(0)
	for rest := content; ; count++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return nil, 0, errBadBundle
		}
	}
	if count == 0 {
		return nil, 0, errBadBundle
	}
	return content, count, nil
}

func (r *region) createTrustStore(in *elb.CreateTrustStoreInput) (*elb.CreateTrustStoreOutput, error) {
	if err := check.Tags(in.Tags); err != nil {
		return nil, err
	}
	for _, t := range r.trusts.All() {
		if t.Name == aws.ToString(in.Name) {
			return nil, api.Errorf("DuplicateTrustStoreName", "A trust store with the specified name already exists.")
		}
	}
	if r.trusts.Len() >= r.quota(limitTrustStores) {
		return nil, api.Errorf("TooManyTrustStores", "You've reached the limit on the number of trust stores for your Amazon Web Services account.")
	}
	content, count, err := r.bundle(in.CaCertificatesBundleS3Bucket, in.CaCertificatesBundleS3Key)
	if err != nil {
		return nil, err
	}
	t := &trust{
		Name: *in.Name, ARN: arnOf(r.scope, pathStore+"/"+*in.Name+"/"+newID()), Tags: in.Tags, Created: r.now(),
		Bucket: *in.CaCertificatesBundleS3Bucket, Key: *in.CaCertificatesBundleS3Key, Authorities: content, Count: count,
	}
	r.trusts.Put(t.ARN, t)
	return &elb.CreateTrustStoreOutput{TrustStores: []types.TrustStore{r.describeTrust(t)}}, nil
}

func (r *region) modifyTrustStore(in *elb.ModifyTrustStoreInput) (*elb.ModifyTrustStoreOutput, error) {
	old, err := r.trust(in.TrustStoreArn)
	if err != nil {
		return nil, err
	}
	t := copyOf(old)
	if t.Authorities, t.Count, err = r.bundle(in.CaCertificatesBundleS3Bucket, in.CaCertificatesBundleS3Key); err != nil {
		return nil, err
	}
	t.Bucket, t.Key = *in.CaCertificatesBundleS3Bucket, *in.CaCertificatesBundleS3Key
	r.putTrust(t)
	return &elb.ModifyTrustStoreOutput{TrustStores: []types.TrustStore{r.describeTrust(t)}}, nil
}

// putTrust stores a changed trust store and tells the carrier.
func (r *region) putTrust(t *trust) {
	r.trusts.Put(t.ARN, t)
	r.carryTrust(t)
}

func (r *region) describeTrustStores(in *elb.DescribeTrustStoresInput) (*elb.DescribeTrustStoresOutput, error) {
	var found []*trust
	for _, arn := range in.TrustStoreArns {
		t, err := r.trust(&arn)
		if err != nil {
			return nil, err
		}
		found = append(found, t)
	}
	all := len(in.TrustStoreArns)+len(in.Names) == 0
	for _, t := range r.trusts.All() {
		if all || slices.Contains(in.Names, t.Name) {
			found = append(found, t)
		}
	}
	if len(found) < len(in.TrustStoreArns)+len(in.Names) {
		return nil, errNoTrust
	}
	found, next, err := page(found, func(t *trust) string { return t.ARN }, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &elb.DescribeTrustStoresOutput{NextMarker: next, TrustStores: []types.TrustStore{}}
	for _, t := range found {
		out.TrustStores = append(out.TrustStores, r.describeTrust(t))
	}
	return out, nil
}

// trustUsers are the load balancers with a listener that verifies by a trust store.
func (r *region) trustUsers(arn string) []string {
	var users []string
	for _, l := range r.listeners.All() {
		if verifies(l) && aws.ToString(l.View.MutualAuthentication.TrustStoreArn) == arn && !slices.Contains(users, l.balancer()) {
			users = append(users, l.balancer())
		}
	}
	return users
}

func (r *region) deleteTrustStore(in *elb.DeleteTrustStoreInput) (*elb.DeleteTrustStoreOutput, error) {
	t, err := r.trust(in.TrustStoreArn)
	if err != nil {
		return nil, err
	}
	if len(r.trustUsers(t.ARN)) > 0 {
		return nil, api.Errorf("TrustStoreInUse", "The specified trust store is currently in use.")
	}
	r.trusts.Delete(t.ARN)
	r.service.Carrier.RemoveTrustStore(t.ARN)
	return &elb.DeleteTrustStoreOutput{}, nil
}

func (r *region) getTrustStoreBundle(in *elb.GetTrustStoreCaCertificatesBundleInput) (*elb.GetTrustStoreCaCertificatesBundleOutput, error) {
	t, err := r.trust(in.TrustStoreArn)
	if err != nil {
		return nil, err
	}
	return &elb.GetTrustStoreCaCertificatesBundleOutput{Location: location(t.Bucket, t.Key)}, nil
}

// location is where an object is; AWS gives a presigned URL of S3.
func location(bucket, key string) *string {
	return aws.String("https://" + bucket + ".s3.amazonaws.com/" + key)
}

func (r *region) describeTrustStoreAssociations(in *elb.DescribeTrustStoreAssociationsInput) (*elb.DescribeTrustStoreAssociationsOutput, error) {
	t, err := r.trust(in.TrustStoreArn)
	if err != nil {
		return nil, err
	}
	all := []types.TrustStoreAssociation{}
	for _, arn := range slices.Sorted(slices.Values(r.trustUsers(t.ARN))) {
		all = append(all, types.TrustStoreAssociation{ResourceArn: aws.String(arn)})
	}
	all, next, err := page(all, func(a types.TrustStoreAssociation) string { return *a.ResourceArn }, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &elb.DescribeTrustStoreAssociationsOutput{TrustStoreAssociations: all, NextMarker: next}, nil
}

// deleteSharedTrustStoreAssociation is for trust stores shared by another
// account. Nothing is shared here, so there is only the owner's own.
func (r *region) deleteSharedTrustStoreAssociation(in *elb.DeleteSharedTrustStoreAssociationInput) (*elb.DeleteSharedTrustStoreAssociationOutput, error) {
	t, err := r.trust(in.TrustStoreArn)
	if err != nil {
		return nil, err
	}
	if slices.Contains(r.trustUsers(t.ARN), aws.ToString(in.ResourceArn)) {
		return nil, api.Errorf("DeleteAssociationSameAccount", "The specified association can't be within the same account.")
	}
	return nil, api.Errorf("AssociationNotFound", "The specified association does not exist.")
}

// getResourcePolicy: a trust store has a policy once it is shared, which none is here.
func (r *region) getResourcePolicy(in *elb.GetResourcePolicyInput) (*elb.GetResourcePolicyOutput, error) {
	if _, err := r.tagged(aws.ToString(in.ResourceArn)); err != nil {
		return nil, api.Errorf("ResourceNotFound", "The specified resource does not exist.")
	}
	return nil, api.Errorf("ResourceNotFound", "The specified resource does not have a resource policy.")
}
