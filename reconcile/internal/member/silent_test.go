package member

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestWhoCannotTellIsSilent(t *testing.T) {
	with := func(c ...metav1.Condition) *session { return &session{state: state{conditions: c}} }
	p := &Provider{
		loaded:  make(chan struct{}),
		initial: []string{"later", "gone", "read"}, removed: map[string]bool{"gone": true},
		sessions: map[string]*session{
			"read": with(reachable(true, "Reachable", ""), synced(true, "")), "new": with(),
			"denied": with(synced(false, "")), "lost": with(unfollowed()),
		},
	}
	if got, want := p.Silent(), []string{"denied", "lost", "new"}; !slices.Equal(got, want) {
		t.Errorf("before the hub's memory was read: %q, want %q", got, want)
	}
	close(p.loaded)
	if got, want := p.Silent(), []string{"denied", "later", "lost", "new"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
