package elbv2

import (
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// Cipher suites of the policies, in the order of preference. [DOC "Security
// policies for your Application Load Balancer"]
var (
	ciphers13  = words("TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256")
	ciphersGCM = words("ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-RSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-RSA-AES256-GCM-SHA384")
	ciphersCBC = words("ECDHE-ECDSA-AES128-SHA256 ECDHE-RSA-AES128-SHA256 ECDHE-ECDSA-AES256-SHA384 ECDHE-RSA-AES256-SHA384")
	ciphersSHA = words("ECDHE-ECDSA-AES128-SHA ECDHE-RSA-AES128-SHA ECDHE-ECDSA-AES256-SHA ECDHE-RSA-AES256-SHA")
	ciphersRSA = words("AES128-GCM-SHA256 AES128-SHA256 AES256-GCM-SHA384 AES256-SHA256")
	ciphersOld = words("AES128-SHA AES256-SHA")
	protocols  = words("TLSv1 TLSv1.1 TLSv1.2 TLSv1.3")
)

func words(s string) []string { return strings.Fields(s) }

// policyRow is a policy by its oldest and newest protocol and its suites.
type policyRow struct {
	name           string
	oldest, newest int
	ciphers        [][]string
}

var policyRows = []policyRow{
	{"ELBSecurityPolicy-TLS13-1-3-2021-06", 3, 3, [][]string{ciphers13}},
	{"ELBSecurityPolicy-TLS13-1-2-Res-2021-06", 2, 3, [][]string{ciphers13, ciphersGCM}},
	{"ELBSecurityPolicy-TLS13-1-2-2021-06", 2, 3, [][]string{ciphers13, ciphersGCM, ciphersCBC}},
	{"ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", 2, 3, [][]string{ciphers13, ciphersGCM, ciphersCBC, ciphersRSA}},
	{"ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", 2, 3, [][]string{ciphers13, ciphersGCM, ciphersCBC, ciphersSHA, ciphersRSA, ciphersOld}},
	{"ELBSecurityPolicy-TLS13-1-1-2021-06", 1, 3, [][]string{ciphers13, ciphersGCM, ciphersCBC, ciphersSHA, ciphersRSA, ciphersOld}},
	{"ELBSecurityPolicy-TLS13-1-0-2021-06", 0, 3, [][]string{ciphers13, ciphersGCM, ciphersCBC, ciphersSHA, ciphersRSA, ciphersOld}},
	{"ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04", 3, 3, [][]string{ciphers13[:2]}},
	{"ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04", 2, 3, [][]string{ciphers13[:2], ciphersGCM}},
	{"ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04", 2, 3, [][]string{ciphers13[:2], ciphersGCM, ciphersCBC}},
	{"ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-2023-04", 2, 3, [][]string{ciphers13[:2], ciphersGCM, ciphersCBC, ciphersSHA}},
	{"ELBSecurityPolicy-TLS13-1-2-Ext1-FIPS-2023-04", 2, 3, [][]string{ciphers13[:2], ciphersGCM, ciphersCBC, ciphersRSA}},
	{"ELBSecurityPolicy-TLS13-1-2-Ext2-FIPS-2023-04", 2, 3, [][]string{ciphers13[:2], ciphersGCM, ciphersCBC, ciphersSHA, ciphersRSA, ciphersOld}},
	{"ELBSecurityPolicy-TLS13-1-1-FIPS-2023-04", 1, 3, [][]string{ciphers13[:2], ciphersGCM, ciphersCBC, ciphersSHA, ciphersRSA, ciphersOld}},
	{"ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04", 0, 3, [][]string{ciphers13[:2], ciphersGCM, ciphersCBC, ciphersSHA, ciphersRSA, ciphersOld}},
	{"ELBSecurityPolicy-TLS-1-2-2017-01", 2, 2, [][]string{ciphersGCM, ciphersCBC, ciphersRSA}},
	{"ELBSecurityPolicy-TLS-1-2-Ext-2018-06", 2, 2, [][]string{ciphersGCM, ciphersCBC, ciphersSHA, ciphersRSA, ciphersOld}},
	{"ELBSecurityPolicy-TLS-1-1-2017-01", 1, 2, [][]string{ciphersGCM, ciphersCBC, ciphersSHA, ciphersRSA, ciphersOld}},
	{"ELBSecurityPolicy-2016-08", 0, 2, [][]string{ciphersGCM, ciphersCBC, ciphersSHA, ciphersRSA, ciphersOld}},
	{"ELBSecurityPolicy-2015-05", 0, 2, [][]string{ciphersGCM, ciphersCBC, ciphersSHA, ciphersRSA, ciphersOld}},
	{"ELBSecurityPolicy-TLS-1-0-2015-04", 0, 2, [][]string{ciphersGCM, ciphersCBC, ciphersSHA, ciphersRSA, ciphersOld, {"DES-CBC3-SHA"}}},
	{"ELBSecurityPolicy-FS-1-2-Res-2020-10", 2, 2, [][]string{ciphersGCM}},
	{"ELBSecurityPolicy-FS-1-2-Res-2019-08", 2, 2, [][]string{ciphersGCM, ciphersCBC}},
	{"ELBSecurityPolicy-FS-1-2-2019-08", 2, 2, [][]string{ciphersGCM, ciphersCBC, ciphersSHA}},
	{"ELBSecurityPolicy-FS-1-1-2019-08", 1, 2, [][]string{ciphersGCM, ciphersCBC, ciphersSHA}},
	{"ELBSecurityPolicy-FS-2018-06", 0, 2, [][]string{ciphersGCM, ciphersCBC, ciphersSHA}},
}

// policies are the rows as described, by name.
var policies = sync.OnceValue(func() []types.SslPolicy {
	var all []types.SslPolicy
	for _, row := range policyRows {
		p := types.SslPolicy{
			Name: aws.String(row.name), SslProtocols: protocols[row.oldest : row.newest+1],
			SupportedLoadBalancerTypes: []string{"application", "network"},
		}
		for i, name := range slices.Concat(row.ciphers...) {
			p.Ciphers = append(p.Ciphers, types.Cipher{Name: aws.String(name), Priority: aws.Int32(int32(i + 1))})
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b types.SslPolicy) int { return strings.Compare(*a.Name, *b.Name) })
	return all
})

func policyByName(name string) *types.SslPolicy {
	for _, p := range policies() {
		if *p.Name == name {
			return &p
		}
	}
	return nil
}

func (r *region) describeSSLPolicies(in *elb.DescribeSSLPoliciesInput) (*elb.DescribeSSLPoliciesOutput, error) {
	found := slices.Clone(policies())
	if len(in.Names) > 0 {
		found = nil
		for _, name := range slices.Compact(slices.Sorted(slices.Values(in.Names))) {
			p := policyByName(name)
			if p == nil {
				return nil, api.Errorf("SSLPolicyNotFound", "SSL policy '%s' not found", name)
			}
			found = append(found, *p)
		}
	}
	if in.LoadBalancerType != "" {
		found = slices.DeleteFunc(found, func(p types.SslPolicy) bool {
			return !slices.Contains(p.SupportedLoadBalancerTypes, string(in.LoadBalancerType))
		})
	}
	found, next, err := page(found, func(p types.SslPolicy) string { return *p.Name }, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	return &elb.DescribeSSLPoliciesOutput{SslPolicies: found, NextMarker: next}, nil
}
