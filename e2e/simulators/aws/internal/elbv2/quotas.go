package elbv2

import (
	"sync"

	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

// Names of limits, as DescribeAccountLimits gives them.
const (
	limitGroups              = "target-groups"
	limitTargetsALB          = "targets-per-application-load-balancer"
	limitListenersALB        = "listeners-per-application-load-balancer"
	limitRulesALB            = "rules-per-application-load-balancer"
	limitNLBs                = "network-load-balancers"
	limitTargetsNLB          = "targets-per-network-load-balancer"
	limitZoneTargetsNLB      = "targets-per-availability-zone-per-network-load-balancer"
	limitListenersNLB        = "listeners-per-network-load-balancer"
	limitConditionValues     = "condition-values-per-alb-rule"
	limitConditionWildcards  = "condition-wildcards-per-alb-rule"
	limitGroupsALB           = "target-groups-per-application-load-balancer"
	limitGroupsPerActionALB  = "target-groups-per-action-on-application-load-balancer"
	limitGroupsPerActionNLB  = "target-groups-per-action-on-network-load-balancer"
	limitCertificatesALB     = "certificates-per-application-load-balancer"
	limitCertificatesNLB     = "certificates-per-network-load-balancer"
	limitTargetsGroup        = "targets-per-target-group"
	limitRegistrationsALB    = "target-id-registrations-per-application-load-balancer"
	limitALBs                = "application-load-balancers"
	limitGWLBs               = "gateway-load-balancers"
	limitTrustStores         = "trust-stores"
	limitRevocationEntries   = "revocation-entries-per-trust-store"
	limitMutualTLSListeners  = "mutual-tls-listeners-per-application-load-balancer"
	limitSecurityGroups      = "security-groups-per-load-balancer"
	limitCapacityUnits       = "capacity-units-per-load-balancer"
	limitZoneTargetsGWLB     = "targets-per-availability-zone-per-gateway-load-balancer"
	limitGWLBsVPC            = "gateway-load-balancers-per-vpc"
	limitInterfacesNLBPerVPC = "network-load-balancer-enis-per-vpc"
)

// Quota is one limit of an account in a region.
type Quota struct {
	// Name is that of DescribeAccountLimits.
	Name string
	// Title is what Service Quotas calls it.
	Title   string
	Default int
	// Adjustable says whether AWS would raise it.
	Adjustable bool
	// Described says whether DescribeAccountLimits lists it.
	Described bool
}

// DefaultQuotas are AWS's. [DOC quotas; the order and the names are those of the
// CLI reference of describe-account-limits; NLB rules may weight groups since
// they exist, so 5 groups an action there, too]
var DefaultQuotas = []Quota{
	{limitGroups, "Target Groups per Region", 3000, true, true},
	{limitTargetsALB, "Targets per Application Load Balancer", 1000, true, true},
	{limitListenersALB, "Listeners per Application Load Balancer", 50, true, true},
	{limitRulesALB, "Rules per Application Load Balancer", 100, true, true},
	{limitNLBs, "Network Load Balancers per Region", 50, true, true},
	{limitTargetsNLB, "Targets per Network Load Balancer", 3000, true, true},
	{limitZoneTargetsNLB, "Targets per Availability Zone per Network Load Balancer", 500, true, true},
	{limitListenersNLB, "Listeners per Network Load Balancer", 50, true, true},
	{limitConditionValues, "Condition Values per Rule", 5, false, true},
	{limitConditionWildcards, "Condition Wildcards per Rule", 5, false, true},
	{limitGroupsALB, "Target Groups per Application Load Balancer", 100, false, true},
	{limitGroupsPerActionALB, "Target Groups per Action per Application Load Balancer", 5, false, true},
	{limitGroupsPerActionNLB, "Target Groups per Action per Network Load Balancer", 5, false, true},
	{limitCertificatesALB, "Certificates per Application Load Balancer", 25, true, true},
	{limitCertificatesNLB, "Certificates per Network Load Balancer", 25, true, true},
	{limitTargetsGroup, "Targets per Target Group per Region", 1000, true, true},
	{limitRegistrationsALB, "Number of times a target can be registered per Application Load Balancer", 1000, true, true},
	{limitInterfacesNLBPerVPC, "Network Load Balancer ENIs per VPC", 1200, true, true},
	{limitALBs, "Application Load Balancers per Region", 50, true, true},
	{limitGWLBs, "Gateway Load Balancers per Region", 100, true, true},
	{limitGWLBsVPC, "Gateway Load Balancers per VPC", 10, true, true},
	{limitZoneTargetsGWLB, "Targets per Availability Zone per Gateway Load Balancer", 300, false, true},
	// DOC "Quotas for your Application Load Balancers"; not listed by DescribeAccountLimits.
	{limitTrustStores, "Trust Stores per Region", 20, true, false},
	{limitRevocationEntries, "Revocation Entries per Trust Store", 500000, true, false},
	{limitMutualTLSListeners, "Listeners with mutual TLS per Application Load Balancer", 2, false, false},
	{limitSecurityGroups, "Security groups per load balancer", 5, false, false},
	{limitCapacityUnits, "Reserved Application Load Balancer Capacity Units per load balancer", 1500, true, false},
}

// Quotas are the limits in force: those that were set, else those that were given, else AWS's defaults.
type Quotas struct {
	defaults map[string]int
	mu       sync.RWMutex
	given    map[store.Scope]map[string]int
	// set are kept over restarts.
	set *store.Table[string, int]
}

// NewQuotas are AWS's defaults and what the DB holds.
func NewQuotas(db *store.DB) (*Quotas, error) {
	set, err := store.NewTable[string, int](db, store.Scope{}, "elbv2-quota")
	if err != nil {
		return nil, err
	}
	q := &Quotas{defaults: map[string]int{}, given: map[store.Scope]map[string]int{}, set: set}
	for _, d := range DefaultQuotas {
		q.defaults[d.Name] = d.Default
	}
	return q, nil
}

// Get is the limit in force.
func (q *Quotas) Get(s store.Scope, name string) int {
	if value, there := q.set.Get(key(s, name)); there {
		return value
	}
	q.mu.RLock()
	defer q.mu.RUnlock()
	if value, there := q.given[s][name]; there {
		return value
	}
	return q.defaults[name]
}

// Give replaces AWS's default for one account and region until the program ends. It tells whether there is a limit of
// that name.
func (q *Quotas) Give(s store.Scope, name string, value int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.given[s] == nil {
		q.given[s] = map[string]int{}
	}
	q.given[s][name] = value
	return q.known(name)
}

// Set changes a limit for one account and region. It tells whether there is a limit of that name.
func (q *Quotas) Set(s store.Scope, name string, value int) bool {
	if !q.known(name) {
		return false
	}
	q.set.Put(key(s, name), value)
	return true
}

func (q *Quotas) known(name string) bool {
	_, known := q.defaults[name]
	return known
}

func key(s store.Scope, name string) string { return s.String() + "/" + name }
