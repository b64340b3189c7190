package coverage

// behaviour is what each operation does, by service, in words.
var behaviour = map[string]map[string]string{
	"elbv2": elbv2, "ec2": ec2, "acm": acm, "sts": sts, "tagging": tagging, "quotas": quotas,
}

// Words that several operations share.
const (
	paged      = "by ARN, name or parent, in pages; "
	wholeLists = "replaces whole lists; "
)

var elbv2 = map[string]string{
	"AddListenerCertificates":           "serves them by SNI; adding one again succeeds; quota of certificates",
	"AddTags":                           "up to 50 for each resource",
	"AddTrustStoreRevocations":          "reads CRLs from the object folder; handshakes refuse what they revoke",
	"CreateListener":                    "opens its port once the load balancer is active; equal settings give the one that is there, others DuplicateListener; protocol and certificate rules",
	"CreateLoadBalancer":                "provisioning, then active on addresses and a DNS name of its own; subnets, zones, security groups and network interfaces of EC2; equal settings give the one that is there",
	"CreateRule":                        "routes from the next request on; conditions, transforms, actions, budgets and priorities judged as AWS does; not idempotent",
	"CreateTargetGroup":                 "protocol, version, type and health check rules; equal settings give the one that is there",
	"CreateTrustStore":                  "reads the CA bundle from the object folder; creating, then active",
	"DeleteListener":                    "with its rules; the port closes",
	"DeleteLoadBalancer":                "with its listeners; deletion protection; network interfaces linger; succeeds when already done",
	"DeleteRule":                        "its groups count as in use for a while yet",
	"DeleteSharedTrustStoreAssociation": "answers as for a store that nobody shares",
	"DeleteTargetGroup":                 "refused while a listener or rule names it; succeeds when already done",
	"DeleteTrustStore":                  "refused while a listener uses it",
	"DeregisterTargets":                 "draining for the deregistration delay, then what is under way is cut; succeeds when already done",
	"DescribeAccountLimits":             "the quotas in force",
	"DescribeCapacityReservation":       "pending, then provisioned",
	"DescribeListenerAttributes":        "all, with defaults",
	"DescribeListenerCertificates":      "the default one and the others, in pages",
	"DescribeListeners":                 paged + "not found by ARN for the read lag",
	"DescribeLoadBalancerAttributes":    "all, with defaults for the type",
	"DescribeLoadBalancers":             paged + "described for a while after deletion",
	"DescribeRules":                     paged + "in the order of evaluation",
	"DescribeSSLPolicies":               "the documented policies with protocols and ciphers",
	"DescribeTags":                      "up to 20 resources",
	"DescribeTargetGroupAttributes":     "all, with defaults for protocol and type",
	"DescribeTargetGroups":              paged + "with the load balancer that uses it",
	"DescribeTargetHealth":              "states and reasons from real probes: initial, healthy, unhealthy, unhealthy.draining, unused, draining, unavailable",
	"DescribeTrustStoreAssociations":    "the load balancers that use it",
	"DescribeTrustStoreRevocations":     "in pages",
	"DescribeTrustStores":               "by ARN or name, in pages",
	"GetResourcePolicy":                 "answers as for a resource without policy",
	"GetTrustStoreCaCertificatesBundle": "where the object is, not presigned",
	"GetTrustStoreRevocationContent":    "where the object is, not presigned",
	"ModifyCapacityReservation":         "minimum units and decreases a day; no effect on traffic",
	"ModifyIpPools":                     "kept; no effect on addresses",
	"ModifyListener":                    wholeLists + "port, protocol, policy, certificate and mutual TLS change at once",
	"ModifyListenerAttributes":          "renamed and added headers from the next request on",
	"ModifyLoadBalancerAttributes":      "from the next request on, as far as they concern traffic",
	"ModifyRule":                        wholeLists + "ResetTransforms clears transforms",
	"ModifyTargetGroup":                 "health checks only; the rest is immutable",
	"ModifyTargetGroupAttributes":       "algorithm, stickiness, slow start, delays and thresholds take effect at once",
	"ModifyTrustStore":                  "reads the bundle anew",
	"RegisterTargets":                   "by ID and port; registration in progress, then probed; quotas of targets",
	"RemoveListenerCertificates":        "not the default one",
	"RemoveTags":                        "unknown keys are ignored",
	"RemoveTrustStoreRevocations":       "handshakes no longer look at them",
	"SetIpAddressType":                  "ipv4, dualstack and their conditions",
	"SetRulePriorities":                 "judged on the final order, so swaps are legal",
	"SetSecurityGroups":                 "replaces the set; of a Network Load Balancer only if it was created with some",
	"SetSubnets":                        "replaces the set; network interfaces and addresses follow",
}
