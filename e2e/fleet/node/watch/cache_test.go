package watch

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func secret(name, version string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, ResourceVersion: version}}
}

// A list that replaces the contents must report what vanished while nobody watched.
func TestReplaceReportsWhatChanged(t *testing.T) {
	var seen []string
	c := &Cache[*corev1.Secret]{synced: make(chan struct{}), objects: map[string]*corev1.Secret{}}
	c.listener = func(old, current *corev1.Secret) {
		switch {
		case current == nil:
			seen = append(seen, "gone "+old.Name)
		case old == nil:
			seen = append(seen, "new "+current.Name)
		default:
			seen = append(seen, "changed "+current.Name)
		}
	}
	s := store[*corev1.Secret]{c}
	for _, step := range []error{
		s.Replace([]any{secret("a", "1"), secret("b", "1")}, "1"),
		s.Replace([]any{secret("b", "2"), secret("c", "2")}, "2"),
		s.Delete(secret("c", "2")),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	slices.Sort(seen)
	want := []string{"changed b", "gone a", "gone c", "new a", "new b", "new c"}
	if !slices.Equal(seen, want) {
		t.Errorf("listener saw %q, want %q", seen, want)
	}
	if _, ok := c.Get("ns", "b"); !ok || len(c.List()) != 1 {
		t.Errorf("cache holds %d objects, want only b", len(c.List()))
	}
	if err := c.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}
