package elbv2

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// From the API's types to the data plane's. Everything was judged and has its
// defaults here.

func trafficRule(u *rule) traffic.Rule {
	t := traffic.Rule{ARN: u.arn(), Priority: u.priority(), Actions: trafficActions(u.View.Actions)}
	for _, c := range u.View.Conditions {
		t.Conditions = append(t.Conditions, trafficCondition(c))
	}
	for _, v := range u.View.Transforms {
		var rewrites []types.RewriteConfig
		if v.HostHeaderRewriteConfig != nil {
			rewrites = v.HostHeaderRewriteConfig.Rewrites
		} else if v.UrlRewriteConfig != nil {
			rewrites = v.UrlRewriteConfig.Rewrites
		}
		transform := traffic.Transform{Type: string(v.Type)}
		for _, w := range rewrites {
			transform.Rewrites = append(transform.Rewrites, traffic.Rewrite{Regex: aws.ToString(w.Regex), Replace: aws.ToString(w.Replace)})
		}
		t.Transforms = append(t.Transforms, transform)
	}
	return t
}

func trafficCondition(c types.RuleCondition) traffic.Condition {
	t := traffic.Condition{Field: aws.ToString(c.Field), Values: c.Values, RegexValues: c.RegexValues}
	switch {
	case c.HttpHeaderConfig != nil:
		t.Header = aws.ToString(c.HttpHeaderConfig.HttpHeaderName)
		t.Values, t.RegexValues = c.HttpHeaderConfig.Values, c.HttpHeaderConfig.RegexValues
	case c.HttpRequestMethodConfig != nil:
		t.Values = c.HttpRequestMethodConfig.Values
	case c.QueryStringConfig != nil:
		for _, pair := range c.QueryStringConfig.Values {
			t.Query = append(t.Query, traffic.KeyValue{Key: aws.ToString(pair.Key), Value: aws.ToString(pair.Value)})
		}
	case c.SourceIpConfig != nil:
		t.Values, t.AddressType = c.SourceIpConfig.Values, string(c.SourceIpConfig.IpAddressType)
	}
	return t
}

func trafficActions(actions []types.Action) []traffic.Action {
	all := make([]traffic.Action, 0, len(actions))
	for _, a := range actions {
		t := traffic.Action{Order: int(aws.ToInt32(a.Order))}
		switch a.Type {
		case types.ActionTypeEnumForward:
			t.Forward = trafficForward(*a.ForwardConfig)
		case types.ActionTypeEnumRedirect:
			r := a.RedirectConfig
			t.Redirect = &traffic.Redirect{
				Protocol: aws.ToString(r.Protocol), Host: aws.ToString(r.Host), Port: aws.ToString(r.Port),
				Path: aws.ToString(r.Path), Query: aws.ToString(r.Query),
				Permanent: r.StatusCode == types.RedirectActionStatusCodeEnumHttp301,
			}
		case types.ActionTypeEnumFixedResponse:
			f := a.FixedResponseConfig
			status, _ := strconv.Atoi(aws.ToString(f.StatusCode))
			t.FixedResponse = &traffic.FixedResponse{Status: status, ContentType: aws.ToString(f.ContentType), Body: aws.ToString(f.MessageBody)}
		default:
			t.Authenticate = string(a.Type)
		}
		all = append(all, t)
	}
	return all
}

func trafficForward(f types.ForwardActionConfig) *traffic.Forward {
	t := &traffic.Forward{}
	for _, g := range f.TargetGroups {
		t.Groups = append(t.Groups, traffic.WeightedGroup{ARN: aws.ToString(g.TargetGroupArn), Weight: int(aws.ToInt32(g.Weight))})
	}
	if s := f.TargetGroupStickinessConfig; s != nil && aws.ToBool(s.Enabled) {
		t.Stickiness = time.Duration(aws.ToInt32(s.DurationSeconds)) * time.Second
	}
	return t
}

func trafficGroup(g *group, inUse bool) traffic.TargetGroup {
	v := g.View
	t := traffic.TargetGroup{
		ARN: g.arn(), Name: g.name(), Protocol: string(v.Protocol), ProtocolVersion: aws.ToString(v.ProtocolVersion),
		TargetType: string(v.TargetType), InUse: inUse, Attributes: g.attributes().All(g.Attributes),
		HealthCheck: traffic.HealthCheck{
			Enabled: aws.ToBool(v.HealthCheckEnabled), Protocol: string(v.HealthCheckProtocol), Path: aws.ToString(v.HealthCheckPath),
			Interval:           time.Duration(aws.ToInt32(v.HealthCheckIntervalSeconds)) * time.Second,
			Timeout:            time.Duration(aws.ToInt32(v.HealthCheckTimeoutSeconds)) * time.Second,
			HealthyThreshold:   int(aws.ToInt32(v.HealthyThresholdCount)),
			UnhealthyThreshold: int(aws.ToInt32(v.UnhealthyThresholdCount)),
		},
	}
	if port, err := strconv.ParseUint(aws.ToString(v.HealthCheckPort), 10, 16); err == nil {
		t.HealthCheck.Port = uint16(port)
	}
	if v.Matcher != nil {
		t.HealthCheck.Matcher = aws.ToString(v.Matcher.HttpCode) + aws.ToString(v.Matcher.GrpcCode)
	}
	return t
}

// addressOf is where a target is reached; the zero address if nowhere.
func (r *region) addressOf(g *group, m *member) netip.Addr {
	switch g.View.TargetType {
	case types.TargetTypeEnumIp:
		address, _ := netip.ParseAddr(m.ID)
		return address
	case types.TargetTypeEnumInstance:
		if i, there := r.service.Network.Instance(r.scope, m.ID); there && i.State == "running" {
			return i.Address
		}
	case types.TargetTypeEnumAlb:
		if b, there := r.balancers.Get(m.ID); there && len(b.Addresses) > 0 {
			return b.Addresses[0].IP
		}
	}
	return netip.Addr{}
}
