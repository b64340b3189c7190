package elbv2

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

// kindPaths is how ARNs call the types of load balancers.
var kindPaths = map[types.LoadBalancerTypeEnum]string{
	types.LoadBalancerTypeEnumApplication: "app",
	types.LoadBalancerTypeEnumNetwork:     "net",
	types.LoadBalancerTypeEnumGateway:     "gwy",
}

// arnOf makes an ARN of the service.
func arnOf(s store.Scope, path string) string {
	partition := "aws"
	switch {
	case strings.HasPrefix(s.Region, "cn-"):
		partition = "aws-cn"
	case strings.HasPrefix(s.Region, "us-gov-"):
		partition = "aws-us-gov"
	}
	return fmt.Sprintf("arn:%s:elasticloadbalancing:%s:%s:%s", partition, s.Region, s.Account, path)
}

// newID is the 16 hexadecimal characters at the end of an ARN.
func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return hex.EncodeToString(b[:])
}

// Kinds of resources: what an ARN's path begins with.
const (
	pathBalancer = "loadbalancer"
	pathListener = "listener"
	pathRule     = "listener-rule"
	pathGroup    = "targetgroup"
	pathStore    = "truststore"
)

var pathTitles = map[string]string{
	pathBalancer: "load balancer", pathListener: "listener", pathRule: "listener rule",
	pathGroup: "target group", pathStore: "trust store",
}

// pathOf is the kind of resource that an ARN names, and what follows it.
func pathOf(arn string) (kind, rest string) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "elasticloadbalancing" {
		return "", ""
	}
	kind, rest, _ = strings.Cut(parts[5], "/")
	return kind, rest
}

// wantARN refuses what is no ARN of that kind.
func wantARN(kind, arn string) error {
	if got, rest := pathOf(arn); got != kind || rest == "" {
		return check.Invalid("'%s' is not a valid %s ARN", arn, pathTitles[kind])
	}
	return nil
}

// below makes an ARN's path into that of something under it: a listener's of its load balancer's, a rule's of its
// listener's.
func below(parent, kind, id string) string {
	of, rest := pathOf(parent)
	return strings.TrimSuffix(parent, of+"/"+rest) + kind + "/" + rest + "/" + id
}
