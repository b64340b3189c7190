package check

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// maxRewrite bounds a rewrite's expression and its replacement. [SDK types.RewriteConfig]
const maxRewrite = 1024

// Transforms judges the transforms of a rule: one host header rewrite and one
// URL rewrite at most, each with one expression and replacement.
// [SDK types.RuleTransform, CreateRuleInput.Transforms]
func Transforms(kind types.LoadBalancerTypeEnum, transforms []types.RuleTransform) error {
	if len(transforms) > 0 && kind != types.LoadBalancerTypeEnumApplication {
		return misconfigured("Transforms are not supported for load balancers of type '%s'", kind)
	}
	seen := map[types.TransformTypeEnum]bool{}
	for _, t := range transforms {
		if seen[t.Type] {
			return Invalid("A rule can only have one transform of type '%s'", t.Type)
		}
		seen[t.Type] = true
		rewrites, err := rewritesOf(t)
		if err != nil {
			return err
		}
		if len(rewrites) != 1 {
			return Invalid("A transform of type '%s' must have exactly one rewrite", t.Type)
		}
		if err := regex(aws.ToString(rewrites[0].Regex), maxRewrite); err != nil {
			return err
		}
		if len(aws.ToString(rewrites[0].Replace)) > maxRewrite {
			return Invalid("The replacement of a rewrite cannot be longer than '%d' characters", maxRewrite)
		}
	}
	return nil
}

func rewritesOf(t types.RuleTransform) ([]types.RewriteConfig, error) {
	host, url := t.HostHeaderRewriteConfig, t.UrlRewriteConfig
	switch {
	case t.Type == types.TransformTypeEnumHostHeaderRewrite && host != nil && url == nil:
		return host.Rewrites, nil
	case t.Type == types.TransformTypeEnumUrlRewrite && url != nil && host == nil:
		return url.Rewrites, nil
	case t.Type == types.TransformTypeEnumHostHeaderRewrite:
		return nil, Invalid("For transforms of type 'host-header-rewrite', you must specify only the following fields: 'HostHeaderRewriteConfig'")
	case t.Type == types.TransformTypeEnumUrlRewrite:
		return nil, Invalid("For transforms of type 'url-rewrite', you must specify only the following fields: 'UrlRewriteConfig'")
	}
	return nil, Invalid("Transform type '%s' must be one of '[host-header-rewrite, url-rewrite]'", t.Type)
}
