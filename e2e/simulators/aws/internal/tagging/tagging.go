// Package tagging simulates the Resource Groups Tagging API: it finds and
// changes the tags of what the other services have.
package tagging

import (
	"encoding/base64"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	tagging "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

// Source is a service whose resources have tags.
type Source interface {
	// Tags gives the tags of all resources of a scope that have some, by ARN.
	Tags(scope store.Scope) map[string]map[string]string
	// SetTags sets and removes tags of one resource.
	SetTags(scope store.Scope, arn string, set map[string]string, remove []string) error
}

// Service is the API over its sources. Use New.
type Service struct{ sources map[string]Source }

// New makes the service of sources by the name that their ARNs have
// ("elasticloadbalancing", "ec2", "acm").
func New(sources map[string]Source) *Service { return &Service{sources: sources} }

// Operations are the operations that the simulator has, by name.
func (s *Service) Operations() map[string]api.Operation {
	return map[string]api.Operation{
		"GetResources":   api.Op(s.getResources),
		"GetTagKeys":     api.Op(s.getTagKeys),
		"GetTagValues":   api.Op(s.getTagValues),
		"TagResources":   api.Op(s.tagResources),
		"UntagResources": api.Op(s.untagResources),
	}
}

// all are the tags of every resource that has some, by ARN.
func (s *Service) all(c *api.Call) map[string]map[string]string {
	tags := map[string]map[string]string{}
	for _, source := range s.sources {
		maps.Copy(tags, source.Tags(store.Scope{Account: c.Account, Region: c.Region}))
	}
	return tags
}

// Pages. Source: GetResources, API reference: 100 resources at most; the other
// operations do not say, and 100 is taken.
const maxPage = 100

func (s *Service) getResources(c *api.Call, in *tagging.GetResourcesInput) (*tagging.GetResourcesOutput, error) {
	if failure := judge(in); failure != nil {
		return nil, failure
	}
	tags := s.all(c)
	var arns []string
	for _, arn := range slices.Sorted(maps.Keys(tags)) {
		if ofType(arn, in.ResourceTypeFilters) && hasTags(tags[arn], in.TagFilters) &&
			(len(in.ResourceARNList) == 0 || slices.Contains(in.ResourceARNList, arn)) {
			arns = append(arns, arn)
		}
	}
	size := maxPage
	if in.ResourcesPerPage != nil {
		size = int(*in.ResourcesPerPage)
	}
	arns, next, failure := page(arns, in.PaginationToken, size)
	if failure != nil {
		return nil, failure
	}
	out := &tagging.GetResourcesOutput{PaginationToken: aws.String(next), ResourceTagMappingList: []types.ResourceTagMapping{}}
	for _, arn := range arns {
		mapping := types.ResourceTagMapping{ResourceARN: aws.String(arn)}
		for _, key := range slices.Sorted(maps.Keys(tags[arn])) {
			mapping.Tags = append(mapping.Tags, types.Tag{Key: aws.String(key), Value: aws.String(tags[arn][key])})
		}
		out.ResourceTagMappingList = append(out.ResourceTagMappingList, mapping)
	}
	return out, nil
}

// judge holds a search to its limits. Source: GetResources, API reference.
func judge(in *tagging.GetResourcesInput) *api.Error {
	filtered := len(in.TagFilters) > 0 || len(in.ResourceTypeFilters) > 0
	switch {
	case len(in.ResourceARNList) > 0 && (filtered || in.ResourcesPerPage != nil || in.TagsPerPage != nil):
		return api.Errorf("InvalidParameterException", "ResourceARNList cannot be combined with filters or page sizes")
	case len(in.ResourceARNList) > 100:
		return api.Errorf("InvalidParameterException", "ResourceARNList can have up to 100 ARNs")
	case in.ResourcesPerPage != nil && (*in.ResourcesPerPage < 1 || *in.ResourcesPerPage > maxPage):
		return api.Errorf("InvalidParameterException", "ResourcesPerPage must be between 1 and %d", maxPage)
	case in.TagsPerPage != nil && (*in.TagsPerPage < 100 || *in.TagsPerPage > 500 || *in.TagsPerPage%100 != 0):
		return api.Errorf("InvalidParameterException", "TagsPerPage must be a multiple of 100 between 100 and 500")
	case len(in.TagFilters) > 50:
		return api.Errorf("InvalidParameterException", "TagFilters can have up to 50 keys")
	}
	for _, f := range in.TagFilters {
		if len(f.Values) > 20 {
			return api.Errorf("InvalidParameterException", "A tag filter can have up to 20 values")
		}
	}
	return nil
}

// ofType tells whether an ARN is of one of the types: "ec2" or "elasticloadbalancing:loadbalancer".
// A load balancer's path goes on ("loadbalancer/app"), and so may a type.
func ofType(arn string, filters []string) bool {
	parts := strings.SplitN(arn, ":", 6)
	if len(filters) == 0 || len(parts) != 6 {
		return len(filters) == 0
	}
	return slices.ContainsFunc(filters, func(filter string) bool {
		service, kind, typed := strings.Cut(filter, ":")
		return service == parts[2] && (!typed || strings.HasPrefix(parts[5], kind+"/"))
	})
}

// hasTags tells whether tags have every key, with one of its values.
func hasTags(tags map[string]string, filters []types.TagFilter) bool {
	for _, f := range filters {
		value, there := tags[aws.ToString(f.Key)]
		if !there || len(f.Values) > 0 && !slices.Contains(f.Values, value) {
			return false
		}
	}
	return true
}

// page cuts sorted names; a token names the first of the next page, and an empty one is the end.
func page(names []string, token *string, size int) ([]string, string, *api.Error) {
	if text := aws.ToString(token); text != "" {
		from, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			return nil, "", api.Errorf("InvalidParameterException", "The pagination token is not valid")
		}
		at, _ := slices.BinarySearch(names, string(from))
		names = names[at:]
	}
	if len(names) <= size {
		return names, "", nil
	}
	return names[:size], base64.RawURLEncoding.EncodeToString([]byte(names[size])), nil
}

func (s *Service) getTagKeys(c *api.Call, in *tagging.GetTagKeysInput) (*tagging.GetTagKeysOutput, error) {
	keys := map[string]bool{}
	for _, tags := range s.all(c) {
		for key := range tags {
			keys[key] = true
		}
	}
	found, next, failure := page(slices.Sorted(maps.Keys(keys)), in.PaginationToken, maxPage)
	if failure != nil {
		return nil, failure
	}
	return &tagging.GetTagKeysOutput{TagKeys: found, PaginationToken: aws.String(next)}, nil
}

func (s *Service) getTagValues(c *api.Call, in *tagging.GetTagValuesInput) (*tagging.GetTagValuesOutput, error) {
	values := map[string]bool{}
	for _, tags := range s.all(c) {
		if value, there := tags[aws.ToString(in.Key)]; there {
			values[value] = true
		}
	}
	found, next, failure := page(slices.Sorted(maps.Keys(values)), in.PaginationToken, maxPage)
	if failure != nil {
		return nil, failure
	}
	return &tagging.GetTagValuesOutput{TagValues: found, PaginationToken: aws.String(next)}, nil
}

func (s *Service) tagResources(c *api.Call, in *tagging.TagResourcesInput) (*tagging.TagResourcesOutput, error) {
	return &tagging.TagResourcesOutput{FailedResourcesMap: s.change(c, in.ResourceARNList, in.Tags, nil)}, nil
}

func (s *Service) untagResources(c *api.Call, in *tagging.UntagResourcesInput) (*tagging.UntagResourcesOutput, error) {
	return &tagging.UntagResourcesOutput{FailedResourcesMap: s.change(c, in.ResourceARNList, nil, in.TagKeys)}, nil
}

// change changes the tags of each resource. What fails is told by ARN and stops nothing else.
func (s *Service) change(c *api.Call, arns []string, set map[string]string, remove []string) map[string]types.FailureInfo {
	failed := map[string]types.FailureInfo{}
	for _, arn := range arns {
		if err := s.changeOne(c, arn, set, remove); err != nil {
			failed[arn] = info(err)
		}
	}
	return failed
}

func (s *Service) changeOne(c *api.Call, arn string, set map[string]string, remove []string) error {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[3] != c.Region || parts[4] != c.Account {
		return api.Errorf("InvalidParameterException", "%s is not a valid ARN for this account and region", arn)
	}
	source := s.sources[parts[2]]
	if source == nil {
		return api.Errorf("InvalidParameterException", "The service of %s cannot be tagged here", arn)
	}
	return source.SetTags(store.Scope{Account: c.Account, Region: c.Region}, arn, set, remove)
}

// info tells of a failure. Source: FailureInfo, API reference: the code is one
// of two, the message is the service's.
func info(err error) types.FailureInfo {
	var failure *api.Error
	if !errors.As(err, &failure) {
		return types.FailureInfo{ErrorCode: types.ErrorCodeInternalServiceException, ErrorMessage: aws.String(err.Error()), StatusCode: http.StatusInternalServerError}
	}
	return types.FailureInfo{ErrorCode: types.ErrorCodeInvalidParameterException, ErrorMessage: aws.String(failure.Error()), StatusCode: int32(failure.HTTPStatus())}
}
