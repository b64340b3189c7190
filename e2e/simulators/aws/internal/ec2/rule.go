package ec2

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// maxRules is how many rules a group has in each direction. Source: VPC User
// Guide, "Amazon VPC quotas".
const maxRules = 60

// rulesOf are the rules of a group in one direction, by id.
func (r *region) rulesOf(group string, egress bool) []types.SecurityGroupRule {
	var all []types.SecurityGroupRule
	for _, rule := range r.rules.All() {
		if aws.ToString(rule.GroupId) == group && aws.ToBool(rule.IsEgress) == egress {
			all = append(all, rule)
		}
	}
	return all
}

// addRule stores a rule under a new id.
func (r *region) addRule(group string, egress bool, rule types.SecurityGroupRule, tags []types.Tag) types.SecurityGroupRule {
	rule.SecurityGroupRuleId = aws.String(newID("sgr"))
	rule.SecurityGroupRuleArn = aws.String(fmt.Sprintf("arn:aws:ec2:%s:%s:security-group-rule/%s", r.Region, r.Account, *rule.SecurityGroupRuleId))
	rule.GroupId, rule.GroupOwnerId, rule.IsEgress, rule.Tags = aws.String(group), aws.String(r.Account), aws.Bool(egress), tags
	r.rules.Put(*rule.SecurityGroupRuleId, rule)
	return rule
}

// split takes permissions apart into rules of one peer each.
func (r *region) split(permissions []types.IpPermission) ([]types.SecurityGroupRule, *api.Error) {
	var all []types.SecurityGroupRule
	for _, p := range permissions {
		base, failure := ports(p)
		if failure != nil {
			return nil, failure
		}
		before := len(all)
		for _, x := range p.IpRanges {
			rule := base
			rule.CidrIpv4, rule.Description = x.CidrIp, x.Description
			all = append(all, rule)
		}
		for _, x := range p.Ipv6Ranges {
			rule := base
			rule.CidrIpv6, rule.Description = x.CidrIpv6, x.Description
			all = append(all, rule)
		}
		for _, x := range p.PrefixListIds {
			rule := base
			rule.PrefixListId, rule.Description = x.PrefixListId, x.Description
			all = append(all, rule)
		}
		for _, x := range p.UserIdGroupPairs {
			g, failure := r.group(x.GroupId, x.GroupName)
			if failure != nil {
				return nil, failure
			}
			rule := base
			rule.ReferencedGroupInfo = &types.ReferencedSecurityGroup{GroupId: g.GroupId, UserId: aws.String(cmp.Or(aws.ToString(x.UserId), r.Account))}
			rule.Description = x.Description
			all = append(all, rule)
		}
		if len(all) == before {
			return nil, api.Errorf("MissingParameter", "Either 'cidrIp', 'cidrIpv6', 'prefixListId', or 'sourceSecurityGroup' should be provided.")
		}
	}
	for i := range all {
		if failure := checkPeer(&all[i]); failure != nil {
			return nil, failure
		}
	}
	return all, nil
}

// protocols are the names that stay names; others become numbers.
var protocols = map[string]string{"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}

// ports judges a permission's protocol and ports. Source:
// AuthorizeSecurityGroupIngress, API reference, IpPermission.
func ports(p types.IpPermission) (types.SecurityGroupRule, *api.Error) {
	protocol := strings.ToLower(aws.ToString(p.IpProtocol))
	if name, there := protocols[protocol]; there {
		protocol = name
	}
	rule := types.SecurityGroupRule{IpProtocol: aws.String(protocol), FromPort: p.FromPort, ToPort: p.ToPort}
	switch protocol {
	case "":
		return rule, api.Errorf("MissingParameter", "The request must contain the parameter ipProtocol")
	case "tcp", "udp":
		from, to := aws.ToInt32(p.FromPort), aws.ToInt32(p.ToPort)
		switch {
		case p.FromPort == nil || p.ToPort == nil:
			return rule, api.Errorf("InvalidParameterValue", "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
		case from < 0 || to > 65535:
			return rule, api.Errorf("InvalidParameterValue", "TCP/UDP port (%d) out of range", max(-from, to))
		case from > to:
			return rule, api.Errorf("InvalidParameterValue", "Invalid TCP/UDP port range (%d:%d)", from, to)
		}
	case "icmp", "icmpv6":
	default:
		rule.FromPort, rule.ToPort = aws.Int32(-1), aws.Int32(-1)
	}
	return rule, nil
}

// checkPeer judges a rule's block and writes it as AWS does, without host bits.
func checkPeer(rule *types.SecurityGroupRule) *api.Error {
	for _, text := range []**string{&rule.CidrIpv4, &rule.CidrIpv6} {
		if *text == nil {
			continue
		}
		prefix, err := netip.ParsePrefix(**text)
		if err != nil || prefix.Addr().Is4() != (text == &rule.CidrIpv4) {
			return api.Errorf("InvalidParameterValue", "CIDR block %s is malformed", **text)
		}
		*text = aws.String(prefix.Masked().String())
	}
	return nil
}

// same tells whether two rules allow the same, whatever they are called.
func same(a, b types.SecurityGroupRule) bool { return rulePeer(a) == rulePeer(b) }

// rulePeer is a rule in the words of AWS's messages.
func rulePeer(x types.SecurityGroupRule) string {
	peer := cmp.Or(aws.ToString(x.CidrIpv4), aws.ToString(x.CidrIpv6), aws.ToString(x.PrefixListId), aws.ToString(referenced(x)))
	protocol := strings.ToUpper(aws.ToString(x.IpProtocol))
	if protocol == "-1" {
		return fmt.Sprintf("peer: %s, ALL, ALLOW", peer)
	}
	return fmt.Sprintf("peer: %s, %s, from port: %d, to port: %d, ALLOW", peer, protocol, aws.ToInt32(x.FromPort), aws.ToInt32(x.ToPort))
}

// permissions puts rules together by protocol and ports.
func permissions(rules []types.SecurityGroupRule) []types.IpPermission {
	all := []types.IpPermission{}
	for _, x := range rules {
		at := slices.IndexFunc(all, func(p types.IpPermission) bool {
			return *p.IpProtocol == *x.IpProtocol && (*p.IpProtocol == "-1" ||
				aws.ToInt32(p.FromPort) == aws.ToInt32(x.FromPort) && aws.ToInt32(p.ToPort) == aws.ToInt32(x.ToPort))
		})
		if at < 0 {
			p := types.IpPermission{IpProtocol: x.IpProtocol, FromPort: x.FromPort, ToPort: x.ToPort}
			if *x.IpProtocol == "-1" {
				p.FromPort, p.ToPort = nil, nil
			}
			all, at = append(all, p), len(all)
		}
		p := &all[at]
		switch {
		case x.CidrIpv4 != nil:
			p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: x.CidrIpv4, Description: x.Description})
		case x.CidrIpv6 != nil:
			p.Ipv6Ranges = append(p.Ipv6Ranges, types.Ipv6Range{CidrIpv6: x.CidrIpv6, Description: x.Description})
		case x.PrefixListId != nil:
			p.PrefixListIds = append(p.PrefixListIds, types.PrefixListId{PrefixListId: x.PrefixListId, Description: x.Description})
		case x.ReferencedGroupInfo != nil:
			p.UserIdGroupPairs = append(p.UserIdGroupPairs, types.UserIdGroupPair{
				GroupId: x.ReferencedGroupInfo.GroupId, UserId: x.ReferencedGroupInfo.UserId, Description: x.Description,
			})
		}
	}
	return all
}
