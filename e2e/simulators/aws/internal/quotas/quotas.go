// Package quotas simulates Service Quotas: it tells the limits that are in force
// and AWS's defaults.
package quotas

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

// Quota is one limit of an account in a region.
type Quota struct {
	Name           string
	Value, Default int
	Adjustable     bool
}

// Source gives the quotas of a service in a scope.
type Source struct {
	// Title is the service's name, such as "Elastic Load Balancing (ELB)".
	Title  string
	Quotas func(store.Scope) []Quota
}

// Service is Service Quotas over its sources. Use New.
type Service struct{ sources map[string]Source }

// New makes the service of sources by service code ("elasticloadbalancing").
func New(sources map[string]Source) *Service { return &Service{sources: sources} }

// Operations are the operations that the simulator has, by name.
func (s *Service) Operations() map[string]api.Operation {
	return map[string]api.Operation{
		"GetAWSDefaultServiceQuota":   api.Op(s.getDefault),
		"GetServiceQuota":             api.Op(s.get),
		"ListAWSDefaultServiceQuotas": api.Op(s.listDefaults),
		"ListServiceQuotas":           api.Op(s.list),
		"ListServices":                api.Op(s.listServices),
	}
}

// codes are those that AWS publishes and that clients name; others are made of
// the quota's name. Source: AWS General Reference, "Elastic Load Balancing endpoints and quotas".
var codes = map[string]string{
	"Application Load Balancers per Region": "L-53DA6B97",
	"Network Load Balancers per Region":     "L-69A177A2",
	"Target Groups per Region":              "L-B22855CB",
}

// Code is a quota's code.
func Code(name string) string {
	hash := sha256.Sum256([]byte(name))
	return cmp.Or(codes[name], fmt.Sprintf("L-%X", hash[:4]))
}

// all are a service's quotas in the order of their codes.
func (s *Service) all(c *api.Call, service *string, defaults bool) ([]types.ServiceQuota, *api.Error) {
	code := aws.ToString(service)
	source, there := s.sources[code]
	if !there {
		return nil, api.Errorf("NoSuchResourceException", "The request failed because the specified service does not exist.").WithStatus(http.StatusBadRequest)
	}
	all := []types.ServiceQuota{}
	for _, q := range source.Quotas(store.Scope{Account: c.Account, Region: c.Region}) {
		value := q.Value
		if defaults {
			value = q.Default
		}
		quota := types.ServiceQuota{
			ServiceCode: service, ServiceName: aws.String(source.Title), QuotaCode: aws.String(Code(q.Name)), QuotaName: aws.String(q.Name),
			QuotaArn:   aws.String(fmt.Sprintf("arn:aws:servicequotas:%s:%s:%s/%s", c.Region, c.Account, code, Code(q.Name))),
			Adjustable: q.Adjustable, Unit: aws.String("None"), Value: aws.Float64(float64(value)),
		}
		if !defaults {
			quota.QuotaAppliedAtLevel = types.AppliedLevelEnumAccount
		}
		all = append(all, quota)
	}
	slices.SortFunc(all, func(a, b types.ServiceQuota) int { return strings.Compare(*a.QuotaCode, *b.QuotaCode) })
	return all, nil
}

func (s *Service) one(c *api.Call, service, code *string, defaults bool) (*types.ServiceQuota, error) {
	all, failure := s.all(c, service, defaults)
	if failure != nil {
		return nil, failure
	}
	for i := range all {
		if *all[i].QuotaCode == aws.ToString(code) {
			return &all[i], nil
		}
	}
	return nil, api.Errorf("NoSuchResourceException", "The request failed because the specified quota does not exist.")
}

func (s *Service) get(c *api.Call, in *servicequotas.GetServiceQuotaInput) (*servicequotas.GetServiceQuotaOutput, error) {
	quota, err := s.one(c, in.ServiceCode, in.QuotaCode, false)
	return &servicequotas.GetServiceQuotaOutput{Quota: quota}, err
}

func (s *Service) getDefault(c *api.Call, in *servicequotas.GetAWSDefaultServiceQuotaInput) (*servicequotas.GetAWSDefaultServiceQuotaOutput, error) {
	quota, err := s.one(c, in.ServiceCode, in.QuotaCode, true)
	return &servicequotas.GetAWSDefaultServiceQuotaOutput{Quota: quota}, err
}

func (s *Service) list(c *api.Call, in *servicequotas.ListServiceQuotasInput) (*servicequotas.ListServiceQuotasOutput, error) {
	all, failure := s.all(c, in.ServiceCode, false)
	if failure != nil {
		return nil, failure
	}
	if in.QuotaCode != nil {
		all = slices.DeleteFunc(all, func(q types.ServiceQuota) bool { return *q.QuotaCode != *in.QuotaCode })
	}
	found, next, failure := page(all, func(q types.ServiceQuota) string { return *q.QuotaCode }, in.NextToken, in.MaxResults)
	if failure != nil {
		return nil, failure
	}
	return &servicequotas.ListServiceQuotasOutput{Quotas: found, NextToken: next}, nil
}

func (s *Service) listDefaults(c *api.Call, in *servicequotas.ListAWSDefaultServiceQuotasInput) (*servicequotas.ListAWSDefaultServiceQuotasOutput, error) {
	all, failure := s.all(c, in.ServiceCode, true)
	if failure != nil {
		return nil, failure
	}
	found, next, failure := page(all, func(q types.ServiceQuota) string { return *q.QuotaCode }, in.NextToken, in.MaxResults)
	if failure != nil {
		return nil, failure
	}
	return &servicequotas.ListAWSDefaultServiceQuotasOutput{Quotas: found, NextToken: next}, nil
}

func (s *Service) listServices(_ *api.Call, in *servicequotas.ListServicesInput) (*servicequotas.ListServicesOutput, error) {
	all := []types.ServiceInfo{}
	for _, code := range slices.Sorted(maps.Keys(s.sources)) {
		all = append(all, types.ServiceInfo{ServiceCode: aws.String(code), ServiceName: aws.String(s.sources[code].Title)})
	}
	found, next, failure := page(all, func(x types.ServiceInfo) string { return *x.ServiceCode }, in.NextToken, in.MaxResults)
	if failure != nil {
		return nil, failure
	}
	return &servicequotas.ListServicesOutput{Services: found, NextToken: next}, nil
}

// page cuts what is sorted by key; 100 at most. A token names the first of the next page.
func page[T any](all []T, key func(T) string, token *string, size *int32) ([]T, *string, *api.Error) {
	if token != nil {
		from, err := base64.RawURLEncoding.DecodeString(*token)
		if err != nil {
			return nil, nil, api.Errorf("InvalidPaginationTokenException", "Invalid token was provided.")
		}
		at, _ := slices.BinarySearchFunc(all, string(from), func(x T, from string) int { return strings.Compare(key(x), from) })
		all = all[at:]
	}
	limit := 100
	if size != nil {
		limit = int(*size)
	}
	if len(all) <= limit {
		return all, nil, nil
	}
	return all[:limit], aws.String(base64.RawURLEncoding.EncodeToString([]byte(key(all[limit])))), nil
}
