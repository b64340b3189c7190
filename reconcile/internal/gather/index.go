package gather

import "strings"

// index finds what refers to an object.
type index struct {
	to   map[Key]map[Key]struct{}
	from map[Key][]Key
}

// set replaces what from refers to: of(x) then holds from for each x of refs.
func (x *index) set(from Key, refs []Key) {
	if x.to == nil {
		x.to, x.from = map[Key]map[Key]struct{}{}, map[Key][]Key{}
	}
	for _, old := range x.from[from] {
		delete(x.to[old], from)
		if len(x.to[old]) == 0 {
			delete(x.to, old)
		}
	}
	delete(x.from, from)
	if len(refs) == 0 {
		return
	}
	x.from[from] = refs
	for _, ref := range refs {
		if x.to[ref] == nil {
			x.to[ref] = map[Key]struct{}{}
		}
		x.to[ref][from] = struct{}{}
	}
}

// of are the keys that refer to x.
func (x *index) of(key Key) []Key {
	out := make([]Key, 0, len(x.to[key]))
	for k := range x.to[key] {
		out = append(out, k)
	}
	return out
}

func compare(a, b Key) int {
	return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
}
