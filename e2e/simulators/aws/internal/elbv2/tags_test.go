package elbv2_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

func tag(key, value string) types.Tag {
	return types.Tag{Key: aws.String(key), Value: aws.String(value)}
}

func TestTags(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	lb := w.balancer("web")
	group := w.group("g")
	l := w.listener(lb.LoadBalancerArn, 80, forward(group))
	u := w.rule(l, 1, forward(group))
	arns := []string{*lb.LoadBalancerArn, group, l, u}
	must(w.AddTags(ctx, &elb.AddTagsInput{ResourceArns: arns, Tags: []types.Tag{tag("a", "1"), tag("b", "2")}}))(t)
	must(w.AddTags(ctx, &elb.AddTagsInput{ResourceArns: arns, Tags: []types.Tag{tag("a", "3")}}))(t)
	must(w.RemoveTags(ctx, &elb.RemoveTagsInput{ResourceArns: arns, TagKeys: []string{"b", "never"}}))(t)
	for _, d := range must(w.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: arns}))(t).TagDescriptions {
		if len(d.Tags) != 1 || *d.Tags[0].Key != "a" || *d.Tags[0].Value != "3" {
			t.Errorf("tags of %s are %v", *d.ResourceArn, d.Tags)
		}
	}
	// A rule keeps its tags, and what follows from it, when it changes.
	must(w.ModifyRule(ctx, &elb.ModifyRuleInput{RuleArn: &u, Actions: fixed("200")}))(t)
	must(w.SetRulePriorities(ctx, &elb.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{{RuleArn: &u, Priority: aws.Int32(9)}}}))(t)
	if got := w.service.Tags(scope)[u]["a"]; got != "3" {
		t.Errorf("the rule's tag is %q", got)
	}
	if err := w.service.SetTags(scope, group, map[string]string{"c": "4"}, []string{"a"}); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprint(w.service.Tags(scope)[group]); got != "map[c:4]" {
		t.Errorf("the group's tags are %s", got)
	}

	many := make([]types.Tag, 49)
	for i := range many {
		many[i] = tag(fmt.Sprint("k", i), "")
	}
	must(w.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{group}, Tags: many}))(t)
	_, err := w.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{group}, Tags: []types.Tag{tag("more", "")}})
	wantCode(t, err, "TooManyTags", "'50'")
	_, err = w.AddTags(ctx, &elb.AddTagsInput{ResourceArns: []string{group}, Tags: []types.Tag{tag("x", ""), tag("x", "")}})
	wantCode(t, err, "DuplicateTagKeys", "")
	twentyOne := make([]string, 21)
	for i := range twentyOne {
		twentyOne[i] = group
	}
	must(w.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: twentyOne[:20]}))(t)
	_, err = w.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: twentyOne})
	wantCode(t, err, "ValidationError", "20")
	for arn, code := range map[string]string{
		missingARN + "loadbalancer/app/x/0": "LoadBalancerNotFound", missingARN + "targetgroup/x/0": "TargetGroupNotFound",
		missingARN + "listener/app/x/0/0": "ListenerNotFound", missingARN + "listener-rule/app/x/0/0/0": "RuleNotFound",
		missingARN + "truststore/x/0": "TrustStoreNotFound", "arn:aws:s3:::bucket": "ValidationError",
	} {
		_, err = w.DescribeTags(ctx, &elb.DescribeTagsInput{ResourceArns: []string{arn}})
		wantCode(t, err, code, "")
	}
}
