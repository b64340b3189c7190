package ec2

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// defaultGroup is the name of the security group that every VPC has.
const defaultGroup = "default"

func (r *region) groupKind() kind[types.SecurityGroup] {
	return kind[types.SecurityGroup]{
		missing: noGroup,
		tags:    func(g types.SecurityGroup) []types.Tag { return g.Tags },
		fields: map[string]func(types.SecurityGroup) []string{
			"group-id":                        one(func(g types.SecurityGroup) *string { return g.GroupId }),
			"group-name":                      one(func(g types.SecurityGroup) *string { return g.GroupName }),
			"description":                     one(func(g types.SecurityGroup) *string { return g.Description }),
			"owner-id":                        one(func(g types.SecurityGroup) *string { return g.OwnerId }),
			"vpc-id":                          one(func(g types.SecurityGroup) *string { return g.VpcId }),
			"ip-permission.group-id":          r.ofRules(false, referenced),
			"ip-permission.cidr":              r.ofRules(false, func(x types.SecurityGroupRule) *string { return x.CidrIpv4 }),
			"ip-permission.ipv6-cidr":         r.ofRules(false, func(x types.SecurityGroupRule) *string { return x.CidrIpv6 }),
			"ip-permission.protocol":          r.ofRules(false, func(x types.SecurityGroupRule) *string { return x.IpProtocol }),
			"ip-permission.from-port":         r.ofRules(false, func(x types.SecurityGroupRule) *string { return number(x.FromPort) }),
			"ip-permission.to-port":           r.ofRules(false, func(x types.SecurityGroupRule) *string { return number(x.ToPort) }),
			"egress.ip-permission.group-id":   r.ofRules(true, referenced),
			"egress.ip-permission.cidr":       r.ofRules(true, func(x types.SecurityGroupRule) *string { return x.CidrIpv4 }),
			"egress.ip-permission.protocol":   r.ofRules(true, func(x types.SecurityGroupRule) *string { return x.IpProtocol }),
			"egress.ip-permission.ipv6-cidr":  r.ofRules(true, func(x types.SecurityGroupRule) *string { return x.CidrIpv6 }),
			"egress.ip-permission.from-port":  r.ofRules(true, func(x types.SecurityGroupRule) *string { return number(x.FromPort) }),
			"egress.ip-permission.to-port":    r.ofRules(true, func(x types.SecurityGroupRule) *string { return number(x.ToPort) }),
			"ip-permission.prefix-list-id":    r.ofRules(false, func(x types.SecurityGroupRule) *string { return x.PrefixListId }),
			"ip-permission.user-id":           r.ofRules(false, func(types.SecurityGroupRule) *string { return aws.String(r.Account) }),
			"egress.ip-permission.user-id":    r.ofRules(true, func(types.SecurityGroupRule) *string { return aws.String(r.Account) }),
			"egress.ip-permission.group-name": r.ofRules(true, r.referencedName),
			"ip-permission.group-name":        r.ofRules(false, r.referencedName),
		},
	}
}

func number(n *int32) *string {
	if n == nil {
		return nil
	}
	return aws.String(fmt.Sprint(*n))
}

func referenced(x types.SecurityGroupRule) *string {
	if x.ReferencedGroupInfo == nil {
		return nil
	}
	return x.ReferencedGroupInfo.GroupId
}

func (r *region) referencedName(x types.SecurityGroupRule) *string {
	g, _ := r.groups.Get(aws.ToString(referenced(x)))
	return g.GroupName
}

// ofRules is a filter's values over the rules of a group.
func (r *region) ofRules(egress bool, f func(types.SecurityGroupRule) *string) func(types.SecurityGroup) []string {
	return func(g types.SecurityGroup) []string {
		var all []string
		for _, rule := range r.rulesOf(aws.ToString(g.GroupId), egress) {
			if value := f(rule); value != nil {
				all = append(all, *value)
			}
		}
		return all
	}
}

func (r *region) describeSecurityGroups(in *ec2.DescribeSecurityGroupsInput) (*ec2.DescribeSecurityGroupsOutput, error) {
	q := query{in.GroupIds, in.Filters, in.MaxResults, in.NextToken}
	if len(in.GroupNames) > 0 {
		q.filters = append(q.filters, types.Filter{Name: aws.String("group-name"), Values: in.GroupNames})
	}
	found, next, err := r.groupKind().find(r.groups.All(), q)
	for i, g := range found {
		found[i].IpPermissions = permissions(r.rulesOf(*g.GroupId, false))
		found[i].IpPermissionsEgress = permissions(r.rulesOf(*g.GroupId, true))
	}
	if err == nil && len(in.GroupNames) > 0 && len(found) == 0 {
		return nil, api.Errorf("InvalidGroup.NotFound", "The security group '%s' does not exist", in.GroupNames[0])
	}
	return &ec2.DescribeSecurityGroupsOutput{SecurityGroups: found, NextToken: next}, err
}

func (r *region) createSecurityGroup(in *ec2.CreateSecurityGroupInput) (*ec2.CreateSecurityGroupOutput, error) {
	tags, err := tagsFor(in.TagSpecifications, types.ResourceTypeSecurityGroup)
	if err != nil {
		return nil, err
	}
	name, description := aws.ToString(in.GroupName), aws.ToString(in.Description)
	vpc := aws.ToString(in.VpcId)
	if in.VpcId == nil {
		vpc = r.defaultVPC()
	}
	if failure := checkGroup(name, description); failure != nil {
		return nil, failure
	}
	if _, there := r.vpcs.Get(vpc); !there {
		return nil, noVPC(vpc)
	}
	for _, g := range r.groups.All() {
		if aws.ToString(g.VpcId) == vpc && aws.ToString(g.GroupName) == name {
			return nil, api.Errorf("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, vpc)
		}
	}
	g := r.newGroup(newID("sg"), vpc, name, description, tags)
	return &ec2.CreateSecurityGroupOutput{GroupId: g.GroupId, SecurityGroupArn: g.SecurityGroupArn, Tags: tags}, nil
}

// checkGroup judges a name and description. Source: CreateSecurityGroup, API
// reference: up to 255 characters of a set each; the name must not look like an id.
func checkGroup(name, description string) *api.Error {
	switch {
	case name == defaultGroup:
		return api.Errorf("InvalidParameterValue", "Cannot use reserved security group name: default")
	case strings.HasPrefix(name, "sg-"):
		return api.Errorf("InvalidParameterValue", "Value (%s) for parameter GroupName is invalid. Group names may not be in the format sg-*.", name)
	case !plain(name):
		return api.Errorf("InvalidParameterValue", "Value (%s) for parameter GroupName is invalid. Character sets beyond ASCII are not supported.", name)
	case !plain(description):
		return api.Errorf("InvalidParameterValue", "Value (%s) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.", description)
	}
	return nil
}

// plain tells whether a text is of 1 to 255 of the characters that AWS takes:
// letters, digits, spaces, and ._-:/()#,@[]+=&;{}!$*
func plain(text string) bool {
	if text == "" || len(text) > 255 {
		return false
	}
	for _, c := range text {
		if c > unicode.MaxASCII || !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune(" ._-:/()#,@[]+=&;{}!$*", c) {
			return false
		}
	}
	return true
}

// newGroup makes a group, which may send anything anywhere.
func (r *region) newGroup(id, vpc, name, description string, tags []types.Tag) types.SecurityGroup {
	g := types.SecurityGroup{
		GroupId: aws.String(id), VpcId: aws.String(vpc), GroupName: aws.String(name), Description: aws.String(description),
		OwnerId: aws.String(r.Account), Tags: tags,
		SecurityGroupArn: aws.String(fmt.Sprintf("arn:aws:ec2:%s:%s:security-group/%s", r.Region, r.Account, id)),
	}
	r.groups.Put(id, g)
	all := types.SecurityGroupRule{IpProtocol: aws.String("-1"), FromPort: aws.Int32(-1), ToPort: aws.Int32(-1), CidrIpv4: aws.String("0.0.0.0/0")}
	r.addRule(id, true, all, nil)
	if name == defaultGroup {
		r.addRule(id, false, types.SecurityGroupRule{
			IpProtocol: aws.String("-1"), FromPort: aws.Int32(-1), ToPort: aws.Int32(-1),
			ReferencedGroupInfo: &types.ReferencedSecurityGroup{GroupId: aws.String(id), UserId: aws.String(r.Account)},
		}, nil)
	}
	return g
}

func (r *region) deleteSecurityGroup(in *ec2.DeleteSecurityGroupInput) (*ec2.DeleteSecurityGroupOutput, error) {
	g, failure := r.group(in.GroupId, in.GroupName)
	if failure != nil {
		return nil, failure
	}
	id := aws.ToString(g.GroupId)
	if aws.ToString(g.GroupName) == defaultGroup {
		return nil, api.Errorf("CannotDelete", "the specified group: %q name: \"default\" cannot be deleted by a user", id)
	}
	if r.groupInUse(id) {
		return nil, api.Errorf("DependencyViolation", "resource %s has a dependent object", id)
	}
	r.dropGroup(id)
	return &ec2.DeleteSecurityGroupOutput{GroupId: aws.String(id), Return: aws.Bool(true)}, nil
}

// group finds a group by its id, or by its name in the default VPC.
func (r *region) group(id, name *string) (types.SecurityGroup, *api.Error) {
	if id != nil {
		g, there := r.groups.Get(*id)
		if !there {
			return g, noGroup(*id)
		}
		return g, nil
	}
	if name == nil {
		return types.SecurityGroup{}, api.Errorf("MissingParameter", "The request must contain the parameter groupName or groupId")
	}
	vpc := r.defaultVPC()
	for _, g := range r.groups.All() {
		if aws.ToString(g.GroupName) == *name && aws.ToString(g.VpcId) == vpc {
			return g, nil
		}
	}
	return types.SecurityGroup{}, api.Errorf("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC '%s'", *name, vpc)
}

// groupInUse tells whether an interface has the group, or a rule of another group names it.
func (r *region) groupInUse(id string) bool {
	for _, n := range r.interfaces.All() {
		for _, g := range n.View.Groups {
			if aws.ToString(g.GroupId) == id {
				return true
			}
		}
	}
	for _, rule := range r.rules.All() {
		if aws.ToString(referenced(rule)) == id && aws.ToString(rule.GroupId) != id {
			return true
		}
	}
	return false
}

// dropGroup removes a group and its rules.
func (r *region) dropGroup(id string) {
	for rule, x := range r.rules.All() {
		if aws.ToString(x.GroupId) == id {
			r.rules.Delete(rule)
		}
	}
	r.groups.Delete(id)
}
