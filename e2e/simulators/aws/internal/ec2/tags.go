package ec2

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

// tagged is a kind of objects with tags.
type tagged struct {
	kind    types.ResourceType
	missing func(string) *api.Error
	get     func(id string) ([]types.Tag, bool)
	set     func(id string, tags []types.Tag)
	each    func(func(id string, tags []types.Tag))
}

// tagTable makes a tagged of a table.
func tagTable[V any](kind types.ResourceType, missing func(string) *api.Error, t *store.Table[string, V], tags func(*V) *[]types.Tag) tagged {
	return tagged{
		kind: kind, missing: missing,
		get: func(id string) ([]types.Tag, bool) {
			v, there := t.Get(id)
			return *tags(&v), there
		},
		set: func(id string, to []types.Tag) {
			v, _ := t.Get(id)
			*tags(&v) = to
			t.Put(id, v)
		},
		each: func(f func(string, []types.Tag)) {
			for id, v := range t.All() {
				f(id, *tags(&v))
			}
		},
	}
}

// taggable are all kinds, by what their ids begin with.
func (r *region) taggable() map[string]tagged {
	return map[string]tagged{
		"vpc":    tagTable(types.ResourceTypeVpc, noVPC, r.vpcs, func(v *types.Vpc) *[]types.Tag { return &v.Tags }),
		"subnet": tagTable(types.ResourceTypeSubnet, noSubnet, r.subnets, func(v *types.Subnet) *[]types.Tag { return &v.Tags }),
		"sg":     tagTable(types.ResourceTypeSecurityGroup, noGroup, r.groups, func(v *types.SecurityGroup) *[]types.Tag { return &v.Tags }),
		"sgr":    tagTable(types.ResourceTypeSecurityGroupRule, noRule, r.rules, func(v *types.SecurityGroupRule) *[]types.Tag { return &v.Tags }),
		"eni":    tagTable(types.ResourceTypeNetworkInterface, noInterface, r.interfaces, func(v *nic) *[]types.Tag { return &v.View.TagSet }),
		"i":      tagTable(types.ResourceTypeInstance, noInstance, r.instances, func(v *types.Instance) *[]types.Tag { return &v.Tags }),
		"rtb":    tagTable(types.ResourceTypeRouteTable, noTable, r.routes, func(v *types.RouteTable) *[]types.Tag { return &v.Tags }),
		"igw":    tagTable(types.ResourceTypeInternetGateway, noGateway, r.gateways, func(v *types.InternetGateway) *[]types.Tag { return &v.Tags }),
	}
}

// tagsOf finds an object by its id.
func (r *region) tagsOf(id string) (tagged, []types.Tag, *api.Error) {
	prefix, _, _ := strings.Cut(id, "-")
	kind, known := r.taggable()[prefix]
	if !known {
		return kind, nil, api.Errorf("InvalidID", "The ID '%s' is not valid", id)
	}
	tags, there := kind.get(id)
	if !there {
		return kind, nil, kind.missing(id)
	}
	return kind, tags, nil
}

func (r *region) createTags(in *ec2.CreateTagsInput) (*ec2.CreateTagsOutput, error) {
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	for _, id := range in.Resources {
		_, tags, failure := r.tagsOf(id)
		if failure != nil {
			return nil, failure
		}
		if err := checkTags(setTags(tags, in.Tags)); err != nil {
			return nil, err
		}
	}
	for _, id := range in.Resources {
		// Every id was found right above.
		kind, tags, _ := r.tagsOf(id)
		kind.set(id, setTags(tags, in.Tags))
	}
	return &ec2.CreateTagsOutput{}, nil
}

func (r *region) deleteTags(in *ec2.DeleteTagsInput) (*ec2.DeleteTagsOutput, error) {
	for _, id := range in.Resources {
		if _, _, failure := r.tagsOf(id); failure != nil {
			return nil, failure
		}
	}
	for _, id := range in.Resources {
		kind, tags, _ := r.tagsOf(id)
		kind.set(id, withoutTags(tags, in.Tags))
	}
	return &ec2.DeleteTagsOutput{}, nil
}

// withoutTags drops tags by key, or by key and value where a value is given; no
// tags at all means every tag. Source: DeleteTags, API reference.
func withoutTags(tags, drop []types.Tag) []types.Tag {
	if len(drop) == 0 {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(tags), func(t types.Tag) bool {
		return slices.ContainsFunc(drop, func(d types.Tag) bool {
			return aws.ToString(d.Key) == aws.ToString(t.Key) && (d.Value == nil || *d.Value == aws.ToString(t.Value))
		})
	})
}

var descriptionKind = kind[types.TagDescription]{
	fields: map[string]func(types.TagDescription) []string{
		"key":           one(func(t types.TagDescription) *string { return t.Key }),
		"value":         one(func(t types.TagDescription) *string { return t.Value }),
		"resource-id":   one(func(t types.TagDescription) *string { return t.ResourceId }),
		"resource-type": func(t types.TagDescription) []string { return []string{string(t.ResourceType)} },
	},
}

func (r *region) describeTags(in *ec2.DescribeTagsInput) (*ec2.DescribeTagsOutput, error) {
	all := map[string]types.TagDescription{}
	for _, kind := range r.taggable() {
		kind.each(func(id string, tags []types.Tag) {
			for _, t := range tags {
				all[id+"/"+aws.ToString(t.Key)] = types.TagDescription{ResourceId: aws.String(id), ResourceType: kind.kind, Key: t.Key, Value: t.Value}
			}
		})
	}
	found, next, err := descriptionKind.find(sorted(all), query{nil, in.Filters, in.MaxResults, in.NextToken})
	return &ec2.DescribeTagsOutput{Tags: found, NextToken: next}, err
}
