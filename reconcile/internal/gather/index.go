package gather

import "strings"

// index finds what refers to a T.
type index[T comparable] struct {
	to   map[T]map[Key]struct{}
	from map[Key][]T
}

// set replaces what from refers to: of(x) then holds from for each x of refs.
// It gives those that nothing refers to any more.
func (x *index[T]) set(from Key, refs []T) (unused []T) {
	if x.to == nil {
		x.to, x.from = map[T]map[Key]struct{}{}, map[Key][]T{}
	}
	old := x.from[from]
	delete(x.from, from)
	for _, ref := range old {
		delete(x.to[ref], from)
	}
	for _, ref := range refs {
		if x.to[ref] == nil {
			x.to[ref] = map[Key]struct{}{}
		}
		x.to[ref][from] = struct{}{}
	}
	if len(refs) > 0 {
		x.from[from] = refs
	}
	for _, ref := range old {
		if all, known := x.to[ref]; known && len(all) == 0 {
			delete(x.to, ref)
			unused = append(unused, ref)
		}
	}
	return unused
}

// of are the keys that refer to x.
func (x *index[T]) of(ref T) []Key {
	out := make([]Key, 0, len(x.to[ref]))
	for k := range x.to[ref] {
		out = append(out, k)
	}
	return out
}

// used reports whether anything refers to x.
func (x *index[T]) used(ref T) bool { return len(x.to[ref]) > 0 }

func compare(a, b Key) int {
	return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
}
