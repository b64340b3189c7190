package ec2

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

func (r *region) authorizeIngress(in *ec2.AuthorizeSecurityGroupIngressInput) (*ec2.AuthorizeSecurityGroupIngressOutput, error) {
	permissions := in.IpPermissions
	if in.IpProtocol != nil {
		permissions = append(permissions, single(in.IpProtocol, in.FromPort, in.ToPort, in.CidrIp, in.SourceSecurityGroupName))
	}
	rules, err := r.authorize(in.GroupId, in.GroupName, false, permissions, in.TagSpecifications)
	if err != nil {
		return nil, err
	}
	return &ec2.AuthorizeSecurityGroupIngressOutput{Return: aws.Bool(true), SecurityGroupRules: rules}, nil
}

func (r *region) authorizeEgress(in *ec2.AuthorizeSecurityGroupEgressInput) (*ec2.AuthorizeSecurityGroupEgressOutput, error) {
	rules, err := r.authorize(in.GroupId, nil, true, in.IpPermissions, in.TagSpecifications)
	if err != nil {
		return nil, err
	}
	return &ec2.AuthorizeSecurityGroupEgressOutput{Return: aws.Bool(true), SecurityGroupRules: rules}, nil
}

// single is a permission in the older form, one parameter for each part.
func single(protocol *string, from, to *int32, cidr, group *string) types.IpPermission {
	p := types.IpPermission{IpProtocol: protocol, FromPort: from, ToPort: to}
	if cidr != nil {
		p.IpRanges = []types.IpRange{{CidrIp: cidr}}
	}
	if group != nil {
		p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupName: group}}
	}
	return p
}

// authorize adds all rules or none.
func (r *region) authorize(id, name *string, egress bool, given []types.IpPermission, specifications []types.TagSpecification) ([]types.SecurityGroupRule, error) {
	tags, err := tagsFor(specifications, types.ResourceTypeSecurityGroupRule)
	if err != nil {
		return nil, err
	}
	group, failure := r.group(id, name)
	if failure != nil {
		return nil, failure
	}
	if len(given) == 0 {
		return nil, api.Errorf("MissingParameter", "The request must contain the parameter ipPermissions")
	}
	wanted, failure := r.split(given)
	if failure != nil {
		return nil, failure
	}
	have := r.rulesOf(*group.GroupId, egress)
	for i, rule := range wanted {
		if containsRule(have, rule) {
			return nil, api.Errorf("InvalidPermission.Duplicate", "the specified rule %q already exists", rulePeer(rule))
		}
		if containsRule(wanted[:i], rule) {
			return nil, api.Errorf("InvalidParameterValue", "The same permission must not appear multiple times")
		}
	}
	if len(have)+len(wanted) > maxRules {
		return nil, api.Errorf("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
	}
	for i, rule := range wanted {
		wanted[i] = r.addRule(*group.GroupId, egress, rule, tags)
	}
	return wanted, nil
}

func containsRule(rules []types.SecurityGroupRule, rule types.SecurityGroupRule) bool {
	return slices.ContainsFunc(rules, func(x types.SecurityGroupRule) bool { return same(x, rule) })
}

func (r *region) revokeIngress(in *ec2.RevokeSecurityGroupIngressInput) (*ec2.RevokeSecurityGroupIngressOutput, error) {
	permissions := in.IpPermissions
	if in.IpProtocol != nil {
		permissions = append(permissions, single(in.IpProtocol, in.FromPort, in.ToPort, in.CidrIp, in.SourceSecurityGroupName))
	}
	if err := r.revoke(in.GroupId, in.GroupName, false, permissions, in.SecurityGroupRuleIds); err != nil {
		return nil, err
	}
	return &ec2.RevokeSecurityGroupIngressOutput{Return: aws.Bool(true)}, nil
}

func (r *region) revokeEgress(in *ec2.RevokeSecurityGroupEgressInput) (*ec2.RevokeSecurityGroupEgressOutput, error) {
	if err := r.revoke(in.GroupId, nil, true, in.IpPermissions, in.SecurityGroupRuleIds); err != nil {
		return nil, err
	}
	return &ec2.RevokeSecurityGroupEgressOutput{Return: aws.Bool(true)}, nil
}

// revoke removes all rules or none.
func (r *region) revoke(id, name *string, egress bool, given []types.IpPermission, ids []string) error {
	group, failure := r.group(id, name)
	if failure != nil {
		return failure
	}
	if len(given) == 0 && len(ids) == 0 {
		return api.Errorf("MissingParameter", "The request must contain the parameter ipPermissions or securityGroupRuleIds")
	}
	wanted, failure := r.split(given)
	if failure != nil {
		return failure
	}
	have := r.rulesOf(*group.GroupId, egress)
	var gone []string
	for _, rule := range wanted {
		at := slices.IndexFunc(have, func(x types.SecurityGroupRule) bool { return same(x, rule) })
		if at < 0 {
			return api.Errorf("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
		}
		gone = append(gone, *have[at].SecurityGroupRuleId)
	}
	for _, id := range ids {
		if !slices.ContainsFunc(have, func(x types.SecurityGroupRule) bool { return *x.SecurityGroupRuleId == id }) {
			return noRule(id)
		}
		gone = append(gone, id)
	}
	for _, id := range gone {
		r.rules.Delete(id)
	}
	return nil
}

var ruleKind = kind[types.SecurityGroupRule]{
	missing: noRule,
	tags:    func(x types.SecurityGroupRule) []types.Tag { return x.Tags },
	fields: map[string]func(types.SecurityGroupRule) []string{
		"group-id":               one(func(x types.SecurityGroupRule) *string { return x.GroupId }),
		"security-group-rule-id": one(func(x types.SecurityGroupRule) *string { return x.SecurityGroupRuleId }),
	},
}

func (r *region) describeSecurityGroupRules(in *ec2.DescribeSecurityGroupRulesInput) (*ec2.DescribeSecurityGroupRulesOutput, error) {
	found, next, err := ruleKind.find(r.rules.All(), query{in.SecurityGroupRuleIds, in.Filters, in.MaxResults, in.NextToken})
	return &ec2.DescribeSecurityGroupRulesOutput{SecurityGroupRules: found, NextToken: next}, err
}

func (r *region) modifySecurityGroupRules(in *ec2.ModifySecurityGroupRulesInput) (*ec2.ModifySecurityGroupRulesOutput, error) {
	group, failure := r.group(in.GroupId, nil)
	if failure != nil {
		return nil, failure
	}
	var changed []types.SecurityGroupRule
	for _, update := range in.SecurityGroupRules {
		old, there := r.rules.Get(aws.ToString(update.SecurityGroupRuleId))
		if !there || *old.GroupId != *group.GroupId {
			return nil, noRule(aws.ToString(update.SecurityGroupRuleId))
		}
		p := permission(update.SecurityGroupRule)
		rules, failure := r.split([]types.IpPermission{p})
		if failure != nil {
			return nil, failure
		}
		rule := rules[0]
		rule.SecurityGroupRuleId, rule.SecurityGroupRuleArn = old.SecurityGroupRuleId, old.SecurityGroupRuleArn
		rule.GroupId, rule.GroupOwnerId, rule.IsEgress, rule.Tags = old.GroupId, old.GroupOwnerId, old.IsEgress, old.Tags
		changed = append(changed, rule)
	}
	for _, rule := range changed {
		r.rules.Put(*rule.SecurityGroupRuleId, rule)
	}
	return &ec2.ModifySecurityGroupRulesOutput{Return: aws.Bool(true)}, nil
}

// permission is a request for one rule as a permission.
func permission(x *types.SecurityGroupRuleRequest) types.IpPermission {
	if x == nil {
		return types.IpPermission{}
	}
	p := types.IpPermission{IpProtocol: x.IpProtocol, FromPort: x.FromPort, ToPort: x.ToPort}
	switch {
	case x.CidrIpv4 != nil:
		p.IpRanges = []types.IpRange{{CidrIp: x.CidrIpv4, Description: x.Description}}
	case x.CidrIpv6 != nil:
		p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: x.CidrIpv6, Description: x.Description}}
	case x.PrefixListId != nil:
		p.PrefixListIds = []types.PrefixListId{{PrefixListId: x.PrefixListId, Description: x.Description}}
	case x.ReferencedGroupId != nil:
		p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: x.ReferencedGroupId, Description: x.Description}}
	}
	return p
}
