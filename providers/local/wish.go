package local

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"fairway.dev/fairway/providers/ir"
)

// wishAnnotation holds the hash of the wish that an object was last written
// for: by it a wish that lost a field is noticed, which the object cannot
// show.
const wishAnnotation = "fairway.dev/wish"

// object is the part of one load balancer, ready to be applied; nil if there
// is to be none.
func (p part) object(b blueprint) *unstructured.Unstructured {
	wish := p.wish(b)
	if wish == nil {
		return nil
	}
	u := &unstructured.Unstructured{Object: tree(wish)}
	hash := ir.Hash(u.Object)
	annotations := u.GetAnnotations()
	annotations[wishAnnotation] = hash
	u.SetAnnotations(annotations)
	return u
}
