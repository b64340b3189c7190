package plan

// Common is how many elements two lists have in common at their beginnings,
// and how many of the others at their ends. Between two lists that grew out of
// each other by a few changes little is left, and finding that costs a
// comparison for each element, or none for one and the same slice.
func Common[T any](from, to []T, same func(a, b T) bool) (head, tail int) {
	n := min(len(from), len(to))
	if len(from) == len(to) && (n == 0 || &from[0] == &to[0]) {
		return n, 0
	}
	for head < n && same(from[head], to[head]) {
		head++
	}
	for tail < n-head && same(from[len(from)-1-tail], to[len(to)-1-tail]) {
		tail++
	}
	return head, tail
}

// Differing is what Common leaves of two lists.
func Differing[T any](from, to []T, same func(a, b T) bool) (gone, come []T) {
	head, tail := Common(from, to, same)
	return from[head : len(from)-tail], to[head : len(to)-tail]
}
