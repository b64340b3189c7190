package acm

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/acm/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

// maxTags is how many tags a certificate may have. Source: ACM User Guide, "Tag restrictions".
const maxTags = 50

func checkTags(tags []types.Tag) *api.Error {
	if len(tags) > maxTags {
		return api.Errorf("TooManyTagsException", "The maximum number of tags per resource is %d.", maxTags)
	}
	seen := map[string]bool{}
	for _, t := range tags {
		key := aws.ToString(t.Key)
		if strings.HasPrefix(key, "aws:") {
			return api.Errorf("InvalidTagException", "Tag keys beginning with aws: are reserved.")
		}
		if seen[key] {
			return api.Errorf("InvalidTagException", "Duplicate tag key: %s", key)
		}
		seen[key] = true
	}
	return nil
}

func (r *region) listTags(in *acm.ListTagsForCertificateInput) (*acm.ListTagsForCertificateOutput, error) {
	c, failure := r.get(in.CertificateArn)
	if failure != nil {
		return nil, failure
	}
	return &acm.ListTagsForCertificateOutput{Tags: append([]types.Tag{}, c.Tags...)}, nil
}

func (r *region) addTags(in *acm.AddTagsToCertificateInput) (*acm.AddTagsToCertificateOutput, error) {
	c, failure := r.get(in.CertificateArn)
	if failure != nil {
		return nil, failure
	}
	if failure := checkTags(in.Tags); failure != nil {
		return nil, failure
	}
	c.Tags = without(c.Tags, func(t types.Tag) bool {
		return slices.ContainsFunc(in.Tags, func(x types.Tag) bool { return aws.ToString(x.Key) == aws.ToString(t.Key) })
	})
	c.Tags = append(c.Tags, in.Tags...)
	if failure := checkTags(c.Tags); failure != nil {
		return nil, failure
	}
	r.certs.Put(*in.CertificateArn, c)
	return &acm.AddTagsToCertificateOutput{}, nil
}

func (r *region) removeTags(in *acm.RemoveTagsFromCertificateInput) (*acm.RemoveTagsFromCertificateOutput, error) {
	c, failure := r.get(in.CertificateArn)
	if failure != nil {
		return nil, failure
	}
	// A value, if given, must be the tag's. Source: RemoveTagsFromCertificate, API reference.
	c.Tags = without(c.Tags, func(t types.Tag) bool {
		return slices.ContainsFunc(in.Tags, func(x types.Tag) bool {
			return aws.ToString(x.Key) == aws.ToString(t.Key) && (x.Value == nil || *x.Value == aws.ToString(t.Value))
		})
	})
	r.certs.Put(*in.CertificateArn, c)
	return &acm.RemoveTagsFromCertificateOutput{}, nil
}

func without(tags []types.Tag, drop func(types.Tag) bool) []types.Tag {
	return slices.DeleteFunc(slices.Clone(tags), drop)
}

// Tags gives the tags of all certificates of a region that have some, by ARN.
func (s *Service) Tags(scope store.Scope) map[string]map[string]string {
	r, err := s.regions.Of(scope)
	if err != nil {
		return nil
	}
	all := map[string]map[string]string{}
	for arn, c := range r.certs.All() {
		for _, t := range c.Tags {
			if all[arn] == nil {
				all[arn] = map[string]string{}
			}
			all[arn][aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
	}
	return all
}

// SetTags sets and removes tags of a certificate.
func (s *Service) SetTags(scope store.Scope, arn string, set map[string]string, remove []string) error {
	r, err := s.regions.Of(scope)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c, failure := r.get(&arn)
	if failure != nil {
		return failure
	}
	c.Tags = without(c.Tags, func(t types.Tag) bool {
		_, replaced := set[aws.ToString(t.Key)]
		return replaced || slices.Contains(remove, aws.ToString(t.Key))
	})
	for _, key := range slices.Sorted(maps.Keys(set)) {
		c.Tags = append(c.Tags, types.Tag{Key: aws.String(key), Value: aws.String(set[key])})
	}
	if failure := checkTags(c.Tags); failure != nil {
		return failure
	}
	r.certs.Put(arn, c)
	return nil
}
