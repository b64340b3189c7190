package wire

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// node is a form's parameters as a tree: "A.member.1=x" is the value x below A,
// member and 1.
type node struct {
	value string
	// leaf says that a value was given for the node itself.
	leaf bool
	kids map[string]*node
}

// tree takes the names of a form's parameters apart. Action and Version, which
// say what the form is for, are no part of it.
func tree(form url.Values) *node {
	root := &node{}
	for name, values := range form {
		if name == "Action" || name == "Version" {
			continue
		}
		at := root
		for part := range strings.SplitSeq(name, ".") {
			next := at.kids[part]
			if next == nil {
				next = &node{}
				if at.kids == nil {
					at.kids = map[string]*node{}
				}
				at.kids[part] = next
			}
			at = next
		}
		at.leaf, at.value = true, values[len(values)-1]
	}
	return root
}

// items are a list's elements by their numbers, or false if there is something
// that is no number.
func (n *node) items() ([]*node, bool) {
	numbers := make([]int, 0, len(n.kids))
	for name := range n.kids {
		number, err := strconv.Atoi(name)
		if err != nil || number < 0 {
			return nil, false
		}
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	all := make([]*node, 0, len(numbers))
	for _, number := range numbers {
		kid := n.kids[strconv.Itoa(number)]
		if kid == nil {
			return nil, false
		}
		all = append(all, kid)
	}
	return all, true
}
