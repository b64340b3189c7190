// Command generate writes the model package's tables from the API models that
// the aws-sdk-go module of version 1 has: what each operation requires, the
// limits, patterns and enumerations of each shape, the names on the wire. That
// module is data here and no dependency: it is fetched as the program runs.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
)

// source is the last release of the module; its models are frozen at 2025-07-31.
const source = "github.com/aws/aws-sdk-go@v1.55.8"

// services says which operations the simulator has of each service; none
// means all that the model knows.
var services = []struct {
	name, model string
	operations  []string
}{
	{name: "elbv2", model: "elasticloadbalancingv2/2015-12-01"},
	{name: "ec2", model: "ec2/2016-11-15", operations: []string{
		"AuthorizeSecurityGroupEgress", "AuthorizeSecurityGroupIngress", "CreateNetworkInterface",
		"CreateSecurityGroup", "CreateSubnet", "CreateTags", "CreateVpc", "DeleteNetworkInterface", "DeleteSecurityGroup",
		"DeleteSubnet", "DeleteTags", "DeleteVpc", "DescribeAccountAttributes", "DescribeAddresses",
		"DescribeAvailabilityZones", "DescribeInstances", "DescribeInternetGateways", "DescribeNetworkInterfaces",
		"DescribeRegions", "DescribeRouteTables", "DescribeSecurityGroupRules", "DescribeSecurityGroups", "DescribeSubnets",
		"DescribeTags", "DescribeVpcAttribute", "DescribeVpcPeeringConnections", "DescribeVpcs", "ModifySecurityGroupRules",
		"RevokeSecurityGroupEgress", "RevokeSecurityGroupIngress",
	}},
	{name: "acm", model: "acm/2015-12-08", operations: []string{
		"AddTagsToCertificate", "DeleteCertificate", "DescribeCertificate", "GetCertificate", "ImportCertificate",
		"ListCertificates", "ListTagsForCertificate", "RemoveTagsFromCertificate", "RequestCertificate",
	}},
	{name: "sts", model: "sts/2011-06-15", operations: []string{"AssumeRole", "GetCallerIdentity"}},
	{name: "tagging", model: "resourcegroupstaggingapi/2017-01-26", operations: []string{
		"GetResources", "GetTagKeys", "GetTagValues", "TagResources", "UntagResources",
	}},
	{name: "quotas", model: "service-quotas/2019-06-24", operations: []string{
		"GetAWSDefaultServiceQuota", "GetServiceQuota", "ListAWSDefaultServiceQuotas", "ListServiceQuotas", "ListServices",
	}},
}

func main() {
	if err := run(); err != nil {
		slog.Error("cannot generate the model's tables", "err", err)
		os.Exit(1)
	}
}

func run() error {
	all, err := tables()
	if err != nil {
		return err
	}
	for file, table := range all {
		if err := os.WriteFile(file, table, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// tables are the model's tables by file name.
func tables() (map[string][]byte, error) {
	models, err := download()
	if err != nil {
		return nil, err
	}
	all := map[string][]byte{}
	for _, s := range services {
		text, err := os.ReadFile(filepath.Join(models, s.model, "api-2.json"))
		if err != nil {
			return nil, err
		}
		table, err := reduce(text, s.operations)
		if err != nil {
			return nil, fmt.Errorf("service %s: %w", s.name, err)
		}
		all[s.name+".json"] = table
	}
	return all, nil
}

// download brings the module into the module cache and gives its models' folder.
func download() (string, error) {
	var out, complaint bytes.Buffer
	command := exec.Command("go", "mod", "download", "-json", source)
	command.Stdout, command.Stderr = &out, &complaint
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("download %s: %w: %s", source, err, complaint.String())
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out.Bytes(), &module); err != nil {
		return "", fmt.Errorf("download %s: %w", source, err)
	}
	return filepath.Join(module.Dir, "models", "apis"), nil
}
