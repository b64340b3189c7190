package translate

import (
	"slices"
	"strings"

	"fairway.dev/fairway/providers/ir"
)

// mergePools brings the pools that any fragment names, sorted by name, and how
// many name each, up to date with the fragments that went and came. Where the
// pools stay the same it gives the very slice that it got; it changes neither.
func mergePools(pools []ir.BackendPool, uses []int32, gone, come []*translated) ([]ir.BackendPool, []int32) {
	changes := poolChanges(gone, come)
	if len(changes) == 0 {
		return pools, uses
	}
	all, counts := make([]ir.BackendPool, 0, len(pools)+len(changes)), make([]int32, 0, len(pools)+len(changes))
	same, at := true, 0
	for _, change := range changes {
		to, found := slices.BinarySearchFunc(pools[at:], change.pool.Name, func(p ir.BackendPool, name string) int { return strings.Compare(p.Name, name) })
		to += at
		all, counts = append(all, pools[at:to]...), append(counts, uses[at:to]...)
		at = to
		count := change.by
		if found {
			count += uses[at]
			at++
		}
		if count > 0 {
			all, counts = append(all, change.pool), append(counts, count)
		}
		same = same && found && count > 0
	}
	counts = append(counts, uses[at:]...)
	if same {
		return pools, counts
	}
	return append(all, pools[at:]...), counts
}

// poolChange is how many more fragments name a pool.
type poolChange struct {
	pool ir.BackendPool
	by   int32
}

// poolChanges are sorted by name, which says everything of a pool.
func poolChanges(gone, come []*translated) []poolChange {
	var all []poolChange
	for _, t := range gone {
		for _, p := range t.pools {
			all = append(all, poolChange{p, -1})
		}
	}
	for _, t := range come {
		for _, p := range t.pools {
			all = append(all, poolChange{p, 1})
		}
	}
	slices.SortFunc(all, func(a, b poolChange) int { return strings.Compare(a.pool.Name, b.pool.Name) })
	sums := all[:0]
	for _, c := range all {
		if last := len(sums) - 1; last >= 0 && sums[last].pool.Name == c.pool.Name {
			sums[last].by += c.by
		} else {
			sums = append(sums, c)
		}
	}
	return slices.DeleteFunc(sums, func(c poolChange) bool { return c.by == 0 })
}
