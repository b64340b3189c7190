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
func properties() []property {
	return []property{
		mustLocate, mustObserveNothing, mustPlanTwice, mustExplainSteps,
		mustLive, mustSettle, mustBeKept, mustProgram, mustSay, mustDelete, mustList,
		mustName, mustStayApart, mustMove,
		mustLeaveForeign, mustNotTakeOver, mustRepair, mustNoticeStale,
		mustMakeFirst, mustGoOn, mustSurviveCreate, mustSurviveChange, mustSurviveDelete, mustRestart,
		mustSyncOnce, mustSyncNothing, mustKeepUnknown, mustDropRemoved, mustCatchUp, mustFill, mustHeedSync, mustUseReady, mustFollowPlaces,
		mustWordStably, mustKeepSecrets, mustRefuseShown, mustSpend, mustWake,
	}
}

// Run tests a provider, each property as a subtest of its id. It asks for a
// world as often as it needs one.
func Run(t *testing.T, world func(t *testing.T) Harness) {
	for _, property := range properties() {
		t.Run(property.id, func(t *testing.T) {
			p := examine(t, property, world)
			for _, complaint := range p.complaints {
				t.Error(complaint)
			}
			switch {
			case len(p.complaints) > 0:
				t.Logf("what to do: %s (PROVIDERS.md, %s)", property.remedy, property.id)
			case p.skipped != "":
				t.Skip(p.skipped)
			}
		})
	}
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
				failing[property.id] = p.complaints
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
	skipped    string
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
	p.mu.Lock()
	defer p.mu.Unlock()
	p.complaints = append(p.complaints, fmt.Sprintf(format, args...))
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

// skip ends a property that says nothing about this provider.
func (p *probe) skip(why string) {
	p.skipped = why
	panic(over{})
}
