package owner

import (
	"strings"
	"testing"

	"fairway.dev/fairway/providers"
)

func TestNameFitsAndTellsGatewaysApart(t *testing.T) {
	long := strings.Repeat("a", 253)
	refs := []providers.Ref{
		{Hub: "h", Namespace: "n", Name: "web"},
		{Hub: "g", Namespace: "n", Name: "web"},
		{Hub: "h", Namespace: "m", Name: "web"},
		{Hub: "h", Cluster: "east", Namespace: "n", Name: "web"},
		{Hub: "h", Namespace: "n", Name: long},
		{Hub: "h", Namespace: "n", Name: long[:252] + "b"},
	}
	for _, limit := range []int{20, 32, 63} {
		seen := map[string]bool{}
		for _, r := range refs {
			n := Name(r, limit)
			if len(n) > limit || seen[n] {
				t.Errorf("limit %d: name %q of %v is too long or taken", limit, n, r)
			}
			seen[n] = true
		}
	}
}

func TestOwnsOnlyWhatThisHubMadeForThisGateway(t *testing.T) {
	r := providers.Ref{Hub: "h", Namespace: "n", Name: "web", UID: "1"}
	if !Owns(r, Marks(r)) {
		t.Error("own marks are foreign")
	}
	for _, other := range []providers.Ref{
		{Hub: "g", Namespace: "n", Name: "web", UID: "1"},
		{Hub: "h", Namespace: "m", Name: "web", UID: "1"},
		{Hub: "h", Namespace: "n", Name: "api", UID: "1"},
		{Hub: "h", Namespace: "n", Name: "web", UID: "2"},
	} {
		if Owns(r, Marks(other)) {
			t.Errorf("marks of %v pass as ours", other)
		}
	}
	if Owns(r, nil) {
		t.Error("an object without marks passes as ours")
	}
}

func TestAnEarlierGatewayOfTheNameIsToldFromStrangers(t *testing.T) {
	r := providers.Ref{Hub: "h", Namespace: "n", Name: "g", UID: "2"}
	earlier, strange := r, r
	earlier.UID, strange.Hub, strange.UID = "1", "other", "1"
	for _, c := range []struct {
		what  string
		marks map[string]string
		want  bool
	}{
		{"an earlier Gateway's", Marks(earlier), true},
		{"its own", Marks(r), false},
		{"another hub's", Marks(strange), false},
		{"nobody's", nil, false},
	} {
		if got := Precedes(r, c.marks); got != c.want {
			t.Errorf("%s: %t, want %t", c.what, got, c.want)
		}
	}
}
