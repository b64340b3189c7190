// Package fault makes calls go wrong by rule, the way they go wrong with AWS.
package fault

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
)

// Kind is what goes wrong.
type Kind string

// The kinds of faults.
const (
	// Throttle answers as if a token bucket were empty.
	Throttle Kind = "throttle"
	// Error answers with a code and status; without them InternalFailure and 500.
	Error Kind = "error"
	// Denied answers that the caller may not do it.
	Denied Kind = "denied"
	// Lost does it, and cuts the connection instead of answering.
	Lost Kind = "lost"
	// Cut cuts the connection and does nothing.
	Cut Kind = "cut"
	// Slow answers late.
	Slow Kind = "slow"
	// Stale repeats what the same request was answered the first time since the rule was made.
	Stale Kind = "stale"
)

var kinds = []Kind{Throttle, Error, Denied, Lost, Cut, Slow, Stale}

// Rule says which calls go wrong, and how.
type Rule struct {
	// ID is given by Add.
	ID   int64 `json:"id"`
	Kind Kind  `json:"kind"`
	// Operation is a pattern such as "Describe*"; empty means every operation. Service is "elbv2", "ec2", ...
	Operation string `json:"operation,omitempty"`
	Service   string `json:"service,omitempty"`
	// Resource is a part of any parameter's value, such as an ARN or a name.
	Resource string `json:"resource,omitempty"`
	Account  string `json:"account,omitempty"`
	Region   string `json:"region,omitempty"`
	// Client is a part of the User-Agent.
	Client string `json:"client,omitempty"`
	// First is the first of the matching calls that goes wrong, from 1; 0 means 1. Times is how many do;
	// 0 means all from then on.
	First int `json:"first,omitempty"`
	Times int `json:"times,omitempty"`
	// Code, Message and Status are the answer of Error.
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	Status  int    `json:"status,omitempty"`
	// Delay is how long Slow takes, in real time: "1.5s".
	Delay clock.Duration `json:"delay,omitempty"`
	// Seen is how many calls matched so far.
	Seen int `json:"seen"`
}

// Call is what rules look at.
type Call struct {
	Service, Operation, Account, Region, UserAgent string
	// Parameters are the request's as plain text.
	Parameters string
}

// Hit is a rule that applies to a call.
type Hit struct {
	Rule
	// Repeat gives what a Stale rule is to answer instead, and keeps the given answer if it is the first.
	Repeat func(answer any) any
}

// Rules are safe for concurrent use. Of several rules that match, the first counts.
type Rules struct {
	mu    sync.Mutex
	last  int64
	rules []*entry
}

type entry struct {
	Rule
	// answers are what a Stale rule repeats, by request.
	answers map[string]any
}

// New has no rules.
func New() *Rules { return &Rules{} }

// Add adds a rule and gives its id.
func (r *Rules) Add(rule Rule) (int64, error) {
	if !slices.Contains(kinds, rule.Kind) {
		return 0, fmt.Errorf("fault rule: unknown kind %q; there are %v", rule.Kind, kinds)
	}
	if _, err := path.Match(rule.Operation, ""); err != nil {
		return 0, fmt.Errorf("fault rule: operation %q: %w", rule.Operation, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	rule.ID, rule.Seen, rule.First = r.last, 0, max(rule.First, 1)
	r.rules = append(r.rules, &entry{Rule: rule, answers: map[string]any{}})
	return rule.ID, nil
}

// Remove takes a rule away. It tells whether there was one.
func (r *Rules) Remove(id int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := len(r.rules)
	r.rules = slices.DeleteFunc(r.rules, func(e *entry) bool { return e.ID == id })
	return len(r.rules) < before
}

// Clear takes all rules away.
func (r *Rules) Clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rules = nil
}

// List gives all rules with their counts.
func (r *Rules) List() []Rule {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Rule, 0, len(r.rules))
	for _, e := range r.rules {
		all = append(all, e.Rule)
	}
	return all
}

// Hit counts a call and gives the rule that applies to it, or nil.
func (r *Rules) Hit(c Call) *Hit {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.rules {
		if !e.matches(c) {
			continue
		}
		e.Seen++
		if e.Seen < e.First || e.Times > 0 && e.Seen >= e.First+e.Times {
			continue
		}
		return &Hit{Rule: e.Rule, Repeat: func(answer any) any { return r.repeat(e, c, answer) }}
	}
	return nil
}

func (r *Rules) repeat(e *entry, c Call, answer any) any {
	r.mu.Lock()
	defer r.mu.Unlock()
	request := c.Service + " " + c.Account + " " + c.Region + " " + c.Parameters
	if first, there := e.answers[request]; there {
		return first
	}
	e.answers[request] = answer
	return answer
}

func (e *entry) matches(c Call) bool {
	return is(e.Service, c.Service) && is(e.Account, c.Account) && is(e.Region, c.Region) &&
		strings.Contains(c.UserAgent, e.Client) && strings.Contains(c.Parameters, e.Resource) &&
		(e.Operation == "" || glob(e.Operation, c.Operation))
}

// is compares where something is wanted.
func is(want, got string) bool { return want == "" || want == got }

// glob matches a pattern that Add has checked.
func glob(pattern, name string) bool {
	matched, err := path.Match(pattern, name)
	return matched && err == nil
}
