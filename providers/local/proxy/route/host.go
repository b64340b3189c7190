package route

import (
	"slices"
	"strings"

	iradix "github.com/hashicorp/go-immutable-radix/v2"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/proxy/request"
)

// bucket holds matches that differ in nothing but what comes after host and
// path, in the order in which they are tried. It never changes.
type bucket []*candidate

// host is what one listener serves for one hostname. It never changes.
type host struct {
	exact  *iradix.Tree[bucket] // by path
	prefix *iradix.Tree[bucket] // by prefixKey
	regex  bucket
}

// prefixKey ends in a slash: then one prefix fits below another only at the
// border of an element.
func prefixKey(prefix string) string { return strings.TrimRight(prefix, "/") + "/" }

// nothing is what all hosts begin with, and many keep: trees do not change.
var nothing = iradix.New[bucket]()

// replace gives the host with the matches of one route in place of another's,
// and nil when nothing is left. A nil host is an empty one, and either route
// may be nil or absent from this host.
func (h *host) replace(key string, old, with *compiled) *host {
	if h == nil {
		h = &host{exact: nothing, prefix: nothing}
	}
	exact, prefix, regex := h.exact.Txn(), h.prefix.Txn(), h.regex
	each := func(r *compiled, change func(bucket, *candidate) bucket) {
		if !r.on(key) {
			return
		}
		for _, c := range r.candidates {
			switch c.kind {
			case ir.Exact:
				changeIn(exact, c.path, c, change)
			case ir.Prefix:
				changeIn(prefix, prefixKey(c.path), c, change)
			default:
				regex = change(regex, c)
			}
		}
	}
	each(old, bucket.without)
	each(with, bucket.with)
	next := &host{exact: exact.Commit(), prefix: prefix.Commit(), regex: regex}
	if next.exact.Len() == 0 && next.prefix.Len() == 0 && len(regex) == 0 {
		return nil
	}
	return next
}

func changeIn(tree *iradix.Txn[bucket], key string, c *candidate, change func(bucket, *candidate) bucket) {
	present, _ := tree.Get([]byte(key))
	if next := change(present, c); len(next) == 0 {
		tree.Delete([]byte(key))
	} else {
		tree.Insert([]byte(key), next)
	}
}

func (b bucket) with(c *candidate) bucket {
	i, _ := slices.BinarySearchFunc(b, c, compareCandidates)
	next := make(bucket, 0, len(b)+1)
	return append(append(append(next, b[:i]...), c), b[i:]...)
}

func (b bucket) without(c *candidate) bucket {
	i := slices.Index(b, c)
	if i < 0 {
		return b
	}
	next := make(bucket, 0, len(b)-1)
	return append(append(next, b[:i]...), b[i+1:]...)
}

// find is the first match for a request, in the order of ir.ComparePlaces.
func (h *host) find(r *request.Request) *candidate {
	var space [256]byte
	path := append(space[:0], r.Path...)
	if b, ok := h.exact.Get(path); ok {
		if c := b.find(r); c != nil {
			return c
		}
	}
	if c := h.findPrefix(append(path, '/'), r); c != nil {
		return c
	}
	return h.regex.find(r)
}

func (h *host) findPrefix(path []byte, r *request.Request) *candidate {
	var space [16]bucket
	fitting := space[:0]
	for it := h.prefix.Root().PathIterator(path); ; {
		_, b, ok := it.Next()
		if !ok {
			break
		}
		fitting = append(fitting, b)
	}
	for _, b := range slices.Backward(fitting) {
		if c := b.find(r); c != nil {
			return c
		}
	}
	return nil
}

func (b bucket) find(r *request.Request) *candidate {
	for _, c := range b {
		if c.fits(r) {
			return c
		}
	}
	return nil
}
