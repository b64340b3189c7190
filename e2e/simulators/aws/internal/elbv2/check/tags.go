package check

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// maxTags is AWS's limit of tags on one resource ("Tag restrictions" in the
// Application Load Balancer guide).
const maxTags = 50

// Tags judges the tags of one request.
func Tags(tags []types.Tag) error {
	seen := map[string]bool{}
	for _, tag := range tags {
		key := aws.ToString(tag.Key)
		if seen[key] {
			return api.Errorf("DuplicateTagKeys", "A tag key was specified more than once: '%s'", key)
		}
		seen[key] = true
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return Invalid("Tag keys beginning with 'aws:' are reserved for system use: '%s'", key)
		}
	}
	return TagCount(len(seen))
}

// TagCount judges how many tags a resource would have.
func TagCount(n int) error {
	if n > maxTags {
		return api.Errorf("TooManyTags", "The maximum number of tags per resource is '%d'", maxTags)
	}
	return nil
}
