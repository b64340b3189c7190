package elbv2

import (
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

var errNoRevocation = api.Errorf("RevocationIdNotFound", "The specified revocation ID does not exist.")

// revocationEntries counts the entries of a list in PEM or DER.
func revocationEntries(content []byte) (int64, error) {
	if block, _ := pem.Decode(content); block != nil {
		content = block.Bytes
	}
	list, err := x509.ParseRevocationList(content)
	if err != nil {
		return 0, errBadContent
	}
	return int64(len(list.RevokedCertificateEntries)), nil
}

func (r *region) addTrustStoreRevocations(in *elb.AddTrustStoreRevocationsInput) (*elb.AddTrustStoreRevocationsOutput, error) {
	old, err := r.trust(in.TrustStoreArn)
	if err != nil {
		return nil, err
	}
	t := copyOf(old)
	t.Revocations = slices.Clone(old.Revocations)
	total := int64(0)
	for _, v := range t.Revocations {
		total += v.Entries
	}
	out := &elb.AddTrustStoreRevocationsOutput{}
	for _, c := range in.RevocationContents {
		content, err := r.object(c.S3Bucket, c.S3Key, errNoContent)
		if err != nil {
			return nil, err
		}
		entries, err := revocationEntries(content)
		if err != nil {
			return nil, err
		}
		if total += entries; total > int64(r.quota(limitRevocationEntries)) {
			return nil, api.Errorf("TooManyTrustStoreRevocationEntries", "The specified trust store has too many revocation entries.")
		}
		t.LastRevocation++
		t.Revocations = append(t.Revocations, revocation{
			ID: t.LastRevocation, Bucket: aws.ToString(c.S3Bucket), Key: aws.ToString(c.S3Key), Entries: entries, Content: content,
		})
		out.TrustStoreRevocations = append(out.TrustStoreRevocations, types.TrustStoreRevocation{
			TrustStoreArn: in.TrustStoreArn, RevocationId: aws.Int64(t.LastRevocation),
			RevocationType: types.RevocationTypeCrl, NumberOfRevokedEntries: aws.Int64(entries),
		})
	}
	r.putTrust(t)
	return out, nil
}

func (t *trust) revocation(id int64) (revocation, error) {
	i := slices.IndexFunc(t.Revocations, func(v revocation) bool { return v.ID == id })
	if i < 0 {
		return revocation{}, errNoRevocation
	}
	return t.Revocations[i], nil
}

func (r *region) removeTrustStoreRevocations(in *elb.RemoveTrustStoreRevocationsInput) (*elb.RemoveTrustStoreRevocationsOutput, error) {
	old, err := r.trust(in.TrustStoreArn)
	if err != nil {
		return nil, err
	}
	for _, id := range in.RevocationIds {
		if _, err := old.revocation(id); err != nil {
			return nil, err
		}
	}
	t := copyOf(old)
	t.Revocations = slices.DeleteFunc(slices.Clone(old.Revocations), func(v revocation) bool { return slices.Contains(in.RevocationIds, v.ID) })
	r.putTrust(t)
	return &elb.RemoveTrustStoreRevocationsOutput{}, nil
}

func (r *region) describeTrustStoreRevocations(in *elb.DescribeTrustStoreRevocationsInput) (*elb.DescribeTrustStoreRevocationsOutput, error) {
	t, err := r.trust(in.TrustStoreArn)
	if err != nil {
		return nil, err
	}
	found := t.Revocations
	if len(in.RevocationIds) > 0 {
		found = nil
		for _, id := range slices.Sorted(slices.Values(in.RevocationIds)) {
			v, err := t.revocation(id)
			if err != nil {
				return nil, err
			}
			found = append(found, v)
		}
	}
	key := func(v revocation) string {
		text := strconv.FormatInt(v.ID, 10)
		return strconv.Itoa(len(text)) + "." + text
	}
	found, next, err := page(found, key, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &elb.DescribeTrustStoreRevocationsOutput{NextMarker: next, TrustStoreRevocations: []types.DescribeTrustStoreRevocation{}}
	for _, v := range found {
		out.TrustStoreRevocations = append(out.TrustStoreRevocations, types.DescribeTrustStoreRevocation{
			TrustStoreArn: aws.String(t.ARN), RevocationId: aws.Int64(v.ID),
			RevocationType: types.RevocationTypeCrl, NumberOfRevokedEntries: aws.Int64(v.Entries),
		})
	}
	return out, nil
}

func (r *region) getTrustStoreRevocationContent(in *elb.GetTrustStoreRevocationContentInput) (*elb.GetTrustStoreRevocationContentOutput, error) {
	t, err := r.trust(in.TrustStoreArn)
	if err != nil {
		return nil, err
	}
	v, err := t.revocation(aws.ToInt64(in.RevocationId))
	if err != nil {
		return nil, err
	}
	return &elb.GetTrustStoreRevocationContentOutput{Location: location(v.Bucket, v.Key)}, nil
}
