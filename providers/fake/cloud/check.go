package cloud

import (
	"hash/fnv"
	"net/netip"
	"strings"
	"time"
)

// find gives a resource of the region.
func (a *API) find(kind Kind, name string) (*Resource, error) {
	if r, there := a.cloud.region(a.name)[id{kind, name}]; there {
		return r, nil
	}
	return nil, a.cloud.fail(NotFound, "there is no %s %s", kind, name)
}

// check judges what a call wants a resource to be.
func (a *API) check(r Resource) error {
	if len(r.Name) == 0 || len(r.Name) > a.cloud.Limits.NameLength {
		return a.cloud.fail(Malformed, "a name has 1 to %d characters", a.cloud.Limits.NameLength)
	}
	for _, used := range r.uses() {
		other, err := a.find(used.kind, used.name)
		if err != nil {
			return err
		}
		if !other.Ready() {
			return a.cloud.fail(InUse, "%s is not ready", used)
		}
	}
	if rule, ok := r.Spec.(Rule); ok {
		if len(rule.Targets) > a.cloud.Limits.TargetsPerRule {
			return a.cloud.fail(OverLimit, "a rule has at most %d targets", a.cloud.Limits.TargetsPerRule)
		}
		if refused := a.cloud.faults.Refused; refused != "" && strings.Contains(rule.Condition, refused) {
			return a.cloud.fail(Malformed, "the condition is not understood")
		}
	}
	return nil
}

// room judges whether there is room for one more.
func (a *API) room(r Resource) error {
	rule, isRule := r.Spec.(Rule)
	count := 0
	for _, other := range a.cloud.region(a.name) {
		if o, ok := other.Spec.(Rule); isRule && ok && o.Listener == rule.Listener || !isRule && other.Kind == r.Kind {
			count++
		}
	}
	switch {
	case isRule && count >= a.cloud.Limits.RulesPerListener:
		return a.cloud.fail(OverLimit, "a listener has at most %d rules", a.cloud.Limits.RulesPerListener)
	case r.Kind == KindBalancer && count >= a.cloud.Limits.Balancers:
		return a.cloud.fail(OverLimit, "a region has at most %d balancers", a.cloud.Limits.Balancers)
	}
	return nil
}

// idle notes since when groups are named by no rule.
func (a *API) idle() {
	used := map[string]bool{}
	for _, r := range a.cloud.region(a.name) {
		for _, u := range r.uses() {
			used[u.name] = used[u.name] || u.kind == KindGroup
		}
	}
	for _, r := range a.cloud.region(a.name) {
		switch {
		case r.Kind != KindGroup || !used[r.Name] && !r.IdleSince.IsZero():
		case used[r.Name]:
			r.IdleSince = time.Time{}
		default:
			r.IdleSince = a.cloud.now
		}
	}
}

// address is what a balancer gets: another for each name, and the reserved one
// where there is one.
func address(region string, r Resource) string {
	from := region + "/" + r.Name
	if b, ok := r.Spec.(Balancer); ok && b.Reserved != "" {
		from = region + "/reserved/" + b.Reserved
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(from))
	sum := h.Sum(nil)
	return netip.AddrFrom4([4]byte{198, 18, sum[2], sum[3]}).String()
}
