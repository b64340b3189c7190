// Package status says, purely, what the status of each object should be: from
// what was understood (translate's report) and what was seen (the provider's
// observation). It keeps what other controllers wrote.
package status

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Domain is the first part of every controller name of ours; a provider's name
// is the rest.
const Domain = "fairway.dev/"

// set puts wished conditions among present ones. The transition time changes
// only with the status; condition types that are not wished stay as they are.
func set(present []metav1.Condition, generation int64, now metav1.Time, wished ...metav1.Condition) []metav1.Condition {
	out := slices.Clone(present)
	for _, w := range wished {
		w.ObservedGeneration = generation
		w.LastTransitionTime = now
		i := slices.IndexFunc(out, func(c metav1.Condition) bool { return c.Type == w.Type })
		if i < 0 {
			out = append(out, w)
			continue
		}
		if out[i].Status == w.Status {
			w.LastTransitionTime = out[i].LastTransitionTime
		}
		out[i] = w
	}
	return out
}

// without drops condition types.
func without(present []metav1.Condition, types ...string) []metav1.Condition {
	return slices.DeleteFunc(slices.Clone(present), func(c metav1.Condition) bool { return slices.Contains(types, c.Type) })
}

// unlessWished drops a condition type that is present and not wished: one that
// is left out where it is not so.
func unlessWished(present, wished []metav1.Condition, kind string) []metav1.Condition {
	if meta.FindStatusCondition(wished, kind) != nil {
		return present
	}
	return without(present, kind)
}
