package translate

import (
	"fmt"
	"strings"
	"testing"
)

// TestListNamesEveryField: what is wrong with the first is told, and of the
// others where it is.
func TestListNamesEveryField(t *testing.T) {
	var items []string
	for i := range maxItems + 3 {
		items = append(items, fmt.Sprintf("spec.rules[%d].backendRefs[0].name: there is none; make it", i))
	}
	items = append(items, "something else")
	want := "; and 4 more: spec.rules[8].backendRefs[0].name, spec.rules[9].backendRefs[0].name, spec.rules[10].backendRefs[0].name"
	if got := list(items); !strings.HasSuffix(got, want) || strings.Count(got, "make it") != maxItems {
		t.Errorf("got %s", got)
	}
	// The most that a route can have: 16 rules of 16 backends.
	items = nil
	for i := range 256 {
		items = append(items, fmt.Sprintf("spec.rules[%d].backendRefs[%d].filters[15].requestHeaderModifier.set: %s", i/16, i%16, strings.Repeat("x", 2*maxLength)))
	}
	if got := list(items); len(got) > 32768 {
		t.Errorf("a message of %d characters fits in no condition", len(got))
	}
	if got := list(make([]string, maxItems+1)); !strings.HasSuffix(got, "; and 1 more") {
		t.Errorf("got %s", got)
	}
}
