package translate

import (
	"fmt"
	"strings"
)

// A condition's message has room for 32,768 characters, and nobody reads more
// than a few lines of it.
const (
	maxItems  = 8
	maxLength = 600
)

// list joins what is wrong into one message. Of what there is no room for it
// names the fields: who reads a route's status learns from them what is served.
func list(items []string) string {
	shown := make([]string, 0, maxItems+1)
	for i, item := range items {
		if i == maxItems {
			shown = append(shown, fmt.Sprintf("and %d more%s", len(items)-i, fields(items[i:])))
			break
		}
		shown = append(shown, shorten(item))
	}
	return strings.Join(shown, "; ")
}

// fields are those that items begin with.
func fields(items []string) string {
	var all []string
	for _, item := range items {
		if field, _, is := strings.Cut(item, ": "); is && strings.HasPrefix(field, "spec.") {
			all = append(all, field)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return ": " + strings.Join(all, ", ")
}

// shorten cuts the middle out of what is too long: the field is named at the
// beginning and the remedy at the end.
func shorten(s string) string {
	r := []rune(s)
	if len(r) <= maxLength {
		return s
	}
	return string(r[:maxLength/2]) + " ... " + string(r[len(r)-maxLength/2:])
}

// instead tells what can stand in the place of something refused.
func instead[T ~string](can []T) string {
	if len(can) == 0 {
		return "remove it"
	}
	return "use " + joined(can) + ", or remove it"
}

// joined is a list for the middle of a sentence.
func joined[T ~string](items []T) string {
	if len(items) == 0 {
		return "none"
	}
	all := make([]string, len(items))
	for i, item := range items {
		all[i] = string(item)
	}
	return strings.Join(all, ", ")
}

// value is what p points to, or nothing.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
