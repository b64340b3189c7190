package providertest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

// property is one thing that a provider must do.
type property struct {
	// id is that of the same MUST in PROVIDERS.md.
	id string
	// remedy says where to look when it does not hold.
	remedy string
	test   func(*probe)
}

// properties are all of the kit, in the order in which an author meets them.
// All others ask that the first one holds.
func properties() []property {
	return []property{
		mustBegin, mustLocate, mustObserveNothing, mustPlanTwice, mustExplainSteps,
		mustLive, mustSettle, mustBeKept, mustProgram, mustSay, mustHeedSettings, mustDelete, mustList,
		mustName, mustStayApart, mustMove, mustFollowPredecessor,
		mustLeaveForeign, mustNotTakeOver, mustRepair, mustNoticeStale,
		mustMakeFirst, mustGoOn, mustSurviveCreate, mustSurviveChange, mustSurviveDelete, mustRestart,
		mustSyncOnce, mustSyncNothing, mustSyncApart, mustKeepUnknown, mustDropRemoved, mustCatchUp, mustFill, mustHeedSync, mustUseReady, mustFollowPlaces,
		mustWordStably, mustKeepSecrets, mustRefuseShown, mustSpend, mustWake,
	}
}

// Run tests a provider, each property as a subtest of its id. It asks for a
// world as often as it needs one. Where P-FIRST does not hold the others are
// skipped.
func Run(t *testing.T, world func(t *testing.T) Harness) {
	t.Helper()
	begun, begins := false, false
	for _, property := range properties() {
		t.Run(property.id, func(t *testing.T) {
			t.Helper()
			if !begun {
				begun = true
				begins = report(t, mustBegin, world)
				if property.id == mustBegin.id {
					return
				}
			}
			if !begins {
				t.Skip("P-FIRST does not hold: begin with what it says")
			}
			report(t, property, world)
		})
	}
}

// report examines one property for its test, and reports whether it holds.
func report(t *testing.T, property property, world func(t *testing.T) Harness) bool {
	t.Helper()
	p := examine(t, property, world)
	for _, complaint := range folded(p.complaints) {
		t.Error(complaint)
	}
	switch {
	case p.own:
		t.Logf("what to do: %s (PROVIDERS.md, %s)", property.remedy, property.id)
	case p.skipped != "" && len(p.complaints) == 0:
		t.Skip(p.skipped)
	}
	return len(p.complaints) == 0
}

// folded gives each complaint once, with how often it was made.
func folded(complaints []string) []string {
	var once []string
	times := map[string]int{}
	for _, c := range complaints {
		if times[c]++; times[c] == 1 {
			once = append(once, c)
		}
	}
	for i, c := range once {
		if n := times[c]; n > 1 {
			once[i] = fmt.Sprintf("%s (x%d)", c, n)
		}
	}
	return once
}

// Failing gives the complaints about a provider by property, for those of the
// ids that do not hold: it proves that the kit can say no.
func Failing(t *testing.T, world func(t *testing.T) Harness, ids []string) map[string][]string {
	failing := map[string][]string{}
	for _, property := range properties() {
		if !slices.Contains(ids, property.id) {
			continue
		}
		t.Run(property.id, func(t *testing.T) {
			if p := examine(t, property, world); len(p.complaints) > 0 {
				failing[property.id] = folded(p.complaints)
			}
		})
	}
	return failing
}

// IDs are the ids of all properties.
func IDs() []string {
	var ids []string
	for _, property := range properties() {
		ids = append(ids, property.id)
	}
	return ids
}

// probe collects what a property finds wrong.
type probe struct {
	t   *testing.T
	new func(t *testing.T) Harness

	mu         sync.Mutex
	complaints []string
	// own is true once a complaint is about the property itself, and not about
	// what it asks for before it can be tested.
	own     bool
	skipped string
}

// over ends a property early.
type over struct{}

// examine runs one property.
func examine(t *testing.T, property property, world func(t *testing.T) Harness) (p *probe) {
	p = &probe{t: t, new: world}
	defer func() {
		if r := recover(); r != nil && r != (over{}) {
			panic(r)
		}
	}()
	property.test(p)
	return p
}

// errorf notes something wrong.
func (p *probe) errorf(format string, args ...any) {
	p.complain(true, fmt.Sprintf(format, args...))
}

func (p *probe) complain(own bool, complaint string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.complaints = append(p.complaints, complaint)
	p.own = p.own || own
}

// fatalf notes something wrong that leaves nothing more to be tested. It may
// be called from the property's own goroutine only.
func (p *probe) fatalf(format string, args ...any) {
	p.errorf(format, args...)
	panic(over{})
}

// must is fatalf for an error.
func (p *probe) must(err error, doing string) {
	if err != nil {
		p.fatalf("%s: %v", doing, err)
	}
}

// need is must for what is another property's to complain about: without it
// this one cannot be tested.
func (p *probe) need(err error, doing string) {
	if err != nil {
		p.complain(false, fmt.Sprintf("not tested, since it failed to %s: %v", doing, err))
		panic(over{})
	}
}

// skip ends a property that says nothing about this provider.
func (p *probe) skip(why string) {
	p.skipped = why
	panic(over{})
}
