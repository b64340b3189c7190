package main

import (
	"strings"
	"testing"
)

func TestNamesOfARelease(t *testing.T) {
	for release, want := range map[string]string{
		"fairway":                            "fairway",
		"fairway-blue":                       "fairway-blue",
		"other":                              "other-fairway",
		strings.Repeat("a", 39) + "-b":       strings.Repeat("a", 39) + "-fairway",
		strings.Repeat("a", 50):              strings.Repeat("a", 40) + "-fairway",
		"fairway-" + strings.Repeat("a", 45): "fairway-" + strings.Repeat("a", 40),
	} {
		if got := fullname(release); got != want {
			t.Errorf("%s: %s, want %s", release, got, want)
		}
	}
}
