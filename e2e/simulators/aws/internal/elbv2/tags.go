package elbv2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

func (s *Service) tagOperations() map[string]api.Operation {
	return map[string]api.Operation{
		"AddTags":      writing(s, (*region).addTags),
		"RemoveTags":   writing(s, (*region).removeTags),
		"DescribeTags": reading(s, (*region).describeTags),
	}
}

// tagged is a resource with tags: what they are and how to change them.
type tagged struct {
	tags []types.Tag
	put  func([]types.Tag)
}

// tagged finds a resource of any kind by its ARN.
func (r *region) tagged(arn string) (tagged, error) {
	switch kind, _ := pathOf(arn); kind {
	case pathBalancer:
		b, err := r.balancer(&arn)
		if err != nil {
			return tagged{}, err
		}
		return tagged{b.Tags, func(t []types.Tag) { b := copyOf(b); b.Tags = t; r.balancers.Put(arn, b) }}, nil
	case pathListener:
		l, _, err := r.listener(&arn)
		if err != nil {
			return tagged{}, err
		}
		return tagged{l.Tags, func(t []types.Tag) { l := copyOf(l); l.Tags = t; r.listeners.Put(arn, l) }}, nil
	case pathRule:
		u, err := r.rule(&arn)
		if err != nil {
			return tagged{}, err
		}
		return tagged{u.Tags, func(t []types.Tag) { r.tagRule(u, t) }}, nil
	case pathGroup:
		g, err := r.group(&arn)
		if err != nil {
			return tagged{}, err
		}
		return tagged{g.Tags, func(t []types.Tag) { g := copyOf(g); g.Tags = t; r.groups.Put(arn, g) }}, nil
	case pathStore:
		ts, err := r.trust(&arn)
		if err != nil {
			return tagged{}, err
		}
		return tagged{ts.Tags, func(t []types.Tag) { ts := copyOf(ts); ts.Tags = t; r.trusts.Put(arn, ts) }}, nil
	}
	return tagged{}, check.Invalid("'%s' is not a valid load balancer, target group, listener, rule or trust store ARN", arn)
}

// tagRule changes a rule's tags where it stands.
func (r *region) tagRule(old *rule, tags []types.Tag) {
	u := copyOf(old)
	u.Tags = tags
	r.rules.Put(u.arn(), u)
	i, _ := r.at(u.Listener, u.priority())
	r.order[u.Listener][i] = u
}

// allTagged finds resources; one call may name 20. [SDK DescribeTagsInput: "up to 20"]
func (r *region) allTagged(arns []string) ([]tagged, error) {
	if err := batch(len(arns), "resources"); err != nil {
		return nil, err
	}
	var all []tagged
	for _, arn := range arns {
		t, err := r.tagged(arn)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

func (r *region) describeTags(in *elb.DescribeTagsInput) (*elb.DescribeTagsOutput, error) {
	all, err := r.allTagged(in.ResourceArns)
	if err != nil {
		return nil, err
	}
	out := &elb.DescribeTagsOutput{}
	for i, t := range all {
		// No tags are an empty list, which clients of other languages look up unasked.
		tags := append([]types.Tag{}, t.tags...)
		out.TagDescriptions = append(out.TagDescriptions, types.TagDescription{ResourceArn: aws.String(in.ResourceArns[i]), Tags: tags})
	}
	return out, nil
}

func (r *region) addTags(in *elb.AddTagsInput) (*elb.AddTagsOutput, error) {
	if err := check.Tags(in.Tags); err != nil {
		return nil, err
	}
	all, err := r.allTagged(in.ResourceArns)
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].tags = merged(all[i].tags, in.Tags)
		if err := check.TagCount(len(all[i].tags)); err != nil {
			return nil, err
		}
	}
	for _, t := range all {
		t.put(t.tags)
	}
	return &elb.AddTagsOutput{}, nil
}

// merged are tags with others set over them.
func merged(old, set []types.Tag) []types.Tag {
	tags := without(old, func(key string) bool {
		return slices.ContainsFunc(set, func(t types.Tag) bool { return aws.ToString(t.Key) == key })
	})
	return append(tags, set...)
}

func without(tags []types.Tag, drop func(key string) bool) []types.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t types.Tag) bool { return drop(aws.ToString(t.Key)) })
}

func (r *region) removeTags(in *elb.RemoveTagsInput) (*elb.RemoveTagsOutput, error) {
	all, err := r.allTagged(in.ResourceArns)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		t.put(without(t.tags, func(key string) bool { return slices.Contains(in.TagKeys, key) }))
	}
	return &elb.RemoveTagsOutput{}, nil
}

// Tags are the tags of all resources in a scope that have some, by ARN: what the tagging service searches.
func (s *Service) Tags(scope store.Scope) map[string]map[string]string {
	r, err := s.regions.Of(scope)
	if err != nil {
		return nil
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := map[string]map[string]string{}
	add := func(arn string, tags []types.Tag) {
		if len(tags) == 0 {
			return
		}
		all[arn] = map[string]string{}
		for _, t := range tags {
			all[arn][aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
	}
	for arn, b := range r.balancers.All() {
		add(arn, b.Tags)
	}
	for arn, l := range r.listeners.All() {
		add(arn, l.Tags)
	}
	for arn, u := range r.rules.All() {
		add(arn, u.Tags)
	}
	for arn, g := range r.groups.All() {
		add(arn, g.Tags)
	}
	for arn, t := range r.trusts.All() {
		add(arn, t.Tags)
	}
	return all
}

// SetTags changes the tags of one resource for the tagging service.
func (s *Service) SetTags(scope store.Scope, arn string, set map[string]string, remove []string) error {
	r, err := s.regions.Of(scope)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	t, err := r.tagged(arn)
	if err != nil {
		return err
	}
	var added []types.Tag
	for k, v := range set {
		added = append(added, types.Tag{Key: aws.String(k), Value: aws.String(v)})
	}
	tags := merged(without(t.tags, func(key string) bool { return slices.Contains(remove, key) }), added)
	if err := check.Tags(tags); err != nil {
		return err
	}
	t.put(tags)
	return nil
}
