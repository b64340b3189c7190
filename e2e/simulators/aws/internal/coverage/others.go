package coverage

var ec2 = map[string]string{
	"AuthorizeSecurityGroupEgress":  "rules with ids; duplicates refused; quota of rules",
	"AuthorizeSecurityGroupIngress": "rules with ids; duplicates refused; quota of rules",
	"CreateNetworkInterface":        "an address of the subnet",
	"CreateSecurityGroup":           "names are unique within a VPC",
	"CreateSubnet":                  "within the VPC's block, without overlap",
	"CreateTags":                    "on everything that EC2 has here",
	"CreateVpc":                     "with its default security group and main route table",
	"DeleteNetworkInterface":        "refused while it is in use",
	"DeleteSecurityGroup":           "DependencyViolation while an interface or rule refers to it",
	"DeleteSubnet":                  "DependencyViolation while interfaces are in it",
	"DeleteTags":                    "by key, or key and value",
	"DeleteVpc":                     "DependencyViolation while it holds something",
	"DescribeAccountAttributes":     "supported platforms and the default VPC",
	"DescribeAddresses":             "none: there are no elastic addresses",
	"DescribeAvailabilityZones":     "a, b and c in every region",
	"DescribeInstances":             "those of the inventory, by id and filters",
	"DescribeInternetGateways":      "those of the inventory",
	"DescribeNetworkInterfaces":     "also those of load balancers, which linger after them",
	"DescribeRegions":               "the one that asks, or those that it names",
	"DescribeRouteTables":           "main and others, with routes",
	"DescribeSecurityGroupRules":    "by group or id",
	"DescribeSecurityGroups":        "by id and filters, in pages",
	"DescribeSubnets":               "by id and filters; free addresses are counted",
	"DescribeTags":                  "by filters",
	"DescribeVpcAttribute":          "DNS support and host names",
	"DescribeVpcPeeringConnections": "none: there is no peering",
	"DescribeVpcs":                  "by id and filters",
	"ModifySecurityGroupRules":      "in place",
	"RevokeSecurityGroupEgress":     "by id or content",
	"RevokeSecurityGroupIngress":    "by id or content",
}

var acm = map[string]string{
	"AddTagsToCertificate":      "up to 50",
	"DeleteCertificate":         "refused while a listener uses it",
	"DescribeCertificate":       "with the load balancers that use it",
	"GetCertificate":            "certificate and chain, once issued",
	"ImportCertificate":         "key and chain are checked; with an ARN it takes effect at the next handshake; quota of certificates",
	"ListCertificates":          "by status, usage and key type, in pages",
	"ListTagsForCertificate":    "all of them",
	"RemoveTagsFromCertificate": "by key, or key and value",
	"RequestCertificate":        "pending validation, then issued by a CA of the simulator; idempotency token",
}

var sts = map[string]string{
	"AssumeRole":        "temporary credentials of the role's account, which the other services honour",
	"GetCallerIdentity": "account, ARN and id of the access key's owner",
}

var tagging = map[string]string{
	"GetResources":   "over all services by tag and type, in pages",
	"GetTagKeys":     "of all resources",
	"GetTagValues":   "of all resources",
	"TagResources":   "failures are told for each resource",
	"UntagResources": "failures are told for each resource",
}

var quotas = map[string]string{
	"GetAWSDefaultServiceQuota":   "AWS's default, whatever was set",
	"GetServiceQuota":             "the quota in force",
	"ListAWSDefaultServiceQuotas": "in pages",
	"ListServiceQuotas":           "in pages",
	"ListServices":                "those with quotas here",
}
