package throttle

import (
	"net/http"
	"strings"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// bucket is how many calls may come at once, and how many a second after that.
type bucket struct {
	tokens    int
	perSecond float64
}

// Sources: ELBv2 is "Request throttling for the Elastic Load Balancing API" with
// the sizes that AWS published in March 2026; there are no numbers for
// operations other than these three classes, and the smallest is taken for them.
var (
	elbRead     = bucket{200, 50}
	elbRegister = bucket{20, 4}
	elbModify   = bucket{20, 3}
	elbMutate   = bucket{20, 3}
)

// Source: EC2 Developer Guide, "Request throttling for the Amazon EC2 API": one
// bucket for each operation; reads have 100 tokens and 20 a second, mutating ones 50 and 5.
var (
	ec2Read   = bucket{100, 20}
	ec2Mutate = bucket{50, 5}
)

// Source: ACM User Guide, "Quotas", API rate quotas; a second's worth of tokens.
var acm = map[string]bucket{
	"AddTagsToCertificate":      {5, 5},
	"DeleteCertificate":         {10, 10},
	"DescribeCertificate":       {10, 10},
	"GetCertificate":            {10, 10},
	"ImportCertificate":         {1, 1},
	"ListCertificates":          {8, 8},
	"ListTagsForCertificate":    {10, 10},
	"RemoveTagsFromCertificate": {5, 5},
	"RequestCertificate":        {5, 5},
}

// Source: AWS General Reference, "Resource Groups and Tagging endpoints and quotas".
var tagging = map[string]bucket{
	"GetResources":   {15, 15},
	"GetTagKeys":     {5, 5},
	"GetTagValues":   {5, 5},
	"TagResources":   {5, 5},
	"UntagResources": {5, 5},
}

// Source: IAM User Guide, "IAM and AWS STS quotas": 600 requests a second for each account and region.
var sts = bucket{600, 600}

// Source: Service Quotas User Guide, "Service quotas for Service Quotas": 10 a second.
var quotas = bucket{10, 10}

// classify gives the bucket of a call; no class means no limit.
func classify(service, operation string) (string, bucket) {
	switch service {
	case "elbv2":
		return classifyELB(operation)
	case "ec2":
		if strings.HasPrefix(operation, "Describe") {
			return operation, ec2Read
		}
		return operation, ec2Mutate
	case "acm":
		return listed(acm, operation)
	case "tagging":
		return listed(tagging, operation)
	case "sts":
		return "all", sts
	case "quotas":
		return operation, quotas
	}
	return "", bucket{}
}

func listed(table map[string]bucket, operation string) (string, bucket) {
	b, there := table[operation]
	if !there {
		return "", b
	}
	return operation, b
}

func classifyELB(operation string) (string, bucket) {
	switch {
	case strings.HasPrefix(operation, "Describe"), strings.HasPrefix(operation, "Get"):
		return "read", elbRead
	case operation == "RegisterTargets", operation == "DeregisterTargets":
		return "register", elbRegister
	case strings.HasPrefix(operation, "Modify"):
		return "modify", elbModify
	default:
		return "mutate", elbMutate
	}
}

// Error is what a service answers to a call that came too fast.
// Sources: for each service its API reference, "Common Errors" or the
// operation's errors; ELBv2 answers with status 400.
func Error(service string) *api.Error {
	switch service {
	case "ec2":
		return api.Errorf("RequestLimitExceeded", "Request limit exceeded.").WithStatus(http.StatusServiceUnavailable)
	case "sts":
		return api.Errorf("Throttling", "Rate exceeded")
	case "tagging":
		return api.Errorf("ThrottledException", "Rate exceeded")
	case "quotas":
		return api.Errorf("TooManyRequestsException", "Rate exceeded")
	default:
		return api.Errorf("ThrottlingException", "Rate exceeded")
	}
}
