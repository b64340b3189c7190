package providertest

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestTheGuideHasEveryProperty holds PROVIDERS.md and the kit together: each
// id of one is in the other.
func TestTheGuideHasEveryProperty(t *testing.T) {
	guide, err := os.ReadFile("../../PROVIDERS.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\bP-[A-Z]+(-[A-Z]+)*\b`).FindAllString(string(guide), -1)
	for _, id := range IDs() {
		if !slices.Contains(named, id) {
			t.Errorf("PROVIDERS.md says nothing about %s", id)
		}
	}
	for _, id := range named {
		if !slices.Contains(IDs(), id) {
			t.Errorf("PROVIDERS.md speaks of %s, which the kit does not test", id)
		}
	}
}
