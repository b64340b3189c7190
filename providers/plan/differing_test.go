package plan

import (
	"slices"
	"testing"
)

func TestDiffering(t *testing.T) {
	same := func(a, b rune) bool { return a == b }
	for _, c := range []struct{ from, to, gone, come string }{
		{"", "", "", ""},
		{"abc", "abc", "", ""},
		{"", "abc", "", "abc"},
		{"abc", "", "abc", ""},
		{"abc", "abxc", "", "x"},
		{"abxc", "abc", "x", ""},
		{"abc", "axc", "b", "x"},
		{"aa", "aaa", "", "a"},
		{"abcde", "xbcdy", "abcde", "xbcdy"},
	} {
		gone, come := Differing([]rune(c.from), []rune(c.to), same)
		if string(gone) != c.gone || string(come) != c.come {
			t.Errorf("%q to %q: gone %q, come %q", c.from, c.to, string(gone), string(come))
		}
	}
	all := []rune("abc")
	if gone, come := Differing(all, all, func(rune, rune) bool { t.Error("compared"); return false }); len(gone)+len(come) > 0 {
		t.Error("a slice differs from itself")
	}
	if !slices.Equal(all, []rune("abc")) {
		t.Error("changed what it was given")
	}
}
