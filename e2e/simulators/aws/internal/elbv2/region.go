package elbv2

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

// region is the state of one account in one region, with what is derived from
// it. The lock is held by whoever calls its methods.
type region struct {
	service *Service
	scope   store.Scope

	mu        sync.RWMutex
	balancers *store.Table[string, *balancer]
	listeners *store.Table[string, *listener]
	rules     *store.Table[string, *rule]
	groups    *store.Table[string, *group]
	members   *store.Table[string, *member]
	trusts    *store.Table[string, *trust]

	balancerNames map[string]string
	groupNames    map[string]string
	// order is a listener's rules by priority, the default one last.
	order map[string][]*rule
	// ruleCount is how many rules a load balancer has, without default ones.
	ruleCount map[string]int
	// users are the rules that name a group; attached counts, for a load balancer, the rules that name each group.
	users    map[string]map[string]bool
	attached map[string]map[string]int
	// sizes is how many targets a group has, without draining ones.
	sizes map[string]int
	// ghosts are deleted load balancers that are still described, until a moment.
	ghosts map[string]ghost
	// carried are the groups that the carrier was told of.
	carried map[string]bool
}

type ghost struct {
	*balancer
	until time.Time
}

// openRegion loads a region, derives the indexes and tells the carrier.
func (s *Service) openRegion(scope store.Scope) (*region, error) {
	r := &region{
		service: s, scope: scope,
		balancerNames: map[string]string{}, groupNames: map[string]string{},
		order: map[string][]*rule{}, ruleCount: map[string]int{},
		users: map[string]map[string]bool{}, attached: map[string]map[string]int{},
		sizes: map[string]int{}, ghosts: map[string]ghost{}, carried: map[string]bool{},
	}
	if err := r.openTables(); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for arn, b := range r.balancers.All() {
		r.balancerNames[*b.View.LoadBalancerName] = arn
		r.resumeAddresses(b)
	}
	for arn, g := range r.groups.All() {
		r.groupNames[g.name()] = arn
	}
	for _, u := range r.rules.All() {
		r.index(u)
	}
	for _, m := range r.members.All() {
		r.resumeMember(m)
	}
	for _, b := range r.balancers.All() {
		r.schedule(b)
	}
	return r, nil
}

// resumeAddresses keeps a loaded load balancer's addresses, or gives it others if the range is another one now.
func (r *region) resumeAddresses(b *balancer) {
	if r.service.pool.take(b.Addresses) {
		return
	}
	b = copyOf(b)
	b.Addresses = r.service.pool.give(b, b.View.AvailabilityZones, nil)
	r.balancers.Put(b.arn(), b)
}

func (r *region) openTables() error {
	var err error
	db := r.service.DB
	if r.balancers, err = store.NewTable[string, *balancer](db, r.scope, "elbv2-load-balancers"); err != nil {
		return err
	}
	if r.listeners, err = store.NewTable[string, *listener](db, r.scope, "elbv2-listeners"); err != nil {
		return err
	}
	if r.rules, err = store.NewTable[string, *rule](db, r.scope, "elbv2-rules"); err != nil {
		return err
	}
	if r.groups, err = store.NewTable[string, *group](db, r.scope, "elbv2-target-groups"); err != nil {
		return err
	}
	if r.members, err = store.NewTable[string, *member](db, r.scope, "elbv2-targets"); err != nil {
		return err
	}
	if r.trusts, err = store.NewTable[string, *trust](db, r.scope, "elbv2-trust-stores"); err != nil {
		return err
	}
	return nil
}

func (r *region) now() time.Time { return r.service.Clock.Now() }

func (r *region) quota(name string) int { return r.service.Quotas.Get(r.scope, name) }

// after calls f with the lock held, once a delay has passed.
func (r *region) after(delay time.Duration, f func()) {
	r.service.Clock.AfterFunc(delay, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		f()
	})
}

// listenersOf are a load balancer's listeners.
func (r *region) listenersOf(balancer string) []*listener {
	var all []*listener
	for _, l := range r.listeners.Prefix(below(balancer, pathListener, "")) {
		all = append(all, l)
	}
	return all
}

// membersOf are a group's targets by ID and port, draining ones included.
func (r *region) membersOf(group string) []*member {
	var all []*member
	for _, m := range r.members.Prefix(group + "|") {
		all = append(all, m)
	}
	return all
}

// defaultRule is the last of a listener's rules.
func (r *region) defaultRule(listener string) *rule {
	rules := r.order[listener]
	return rules[len(rules)-1]
}

// at finds the place of a priority among a listener's rules.
func (r *region) at(listener string, priority int) (int, bool) {
	return slices.BinarySearchFunc(r.order[listener], priority, func(u *rule, p int) int { return u.priority() - p })
}

// index notes a rule in what is derived.
func (r *region) index(u *rule) {
	i, _ := r.at(u.Listener, u.priority())
	r.order[u.Listener] = slices.Insert(r.order[u.Listener], i, u)
	if !u.isDefault() {
		r.ruleCount[u.Balancer]++
	}
	for _, f := range u.forwards() {
		arn := *f.TargetGroupArn
		if r.users[arn] == nil {
			r.users[arn] = map[string]bool{}
		}
		r.users[arn][u.arn()] = true
		if r.attached[u.Balancer] == nil {
			r.attached[u.Balancer] = map[string]int{}
		}
		r.attached[u.Balancer][arn]++
	}
}

// unindex is index undone.
func (r *region) unindex(u *rule) {
	i, there := r.at(u.Listener, u.priority())
	if !there || r.order[u.Listener][i].arn() != u.arn() {
		panic(fmt.Sprintf("elbv2: rule %s is not where it belongs", u.arn()))
	}
	r.order[u.Listener] = slices.Delete(r.order[u.Listener], i, i+1)
	if !u.isDefault() {
		r.ruleCount[u.Balancer]--
	}
	for _, f := range u.forwards() {
		arn := *f.TargetGroupArn
		delete(r.users[arn], u.arn())
		if r.attached[u.Balancer][arn]--; r.attached[u.Balancer][arn] == 0 {
			delete(r.attached[u.Balancer], arn)
		}
	}
}

// balancerOf is the load balancer that a group belongs to by the rules that name it, or nil.
func (r *region) balancerOf(group string) *balancer {
	for arn := range r.users[group] {
		u, _ := r.rules.Get(arn)
		b, _ := r.balancers.Get(u.Balancer)
		return b
	}
	return nil
}
