package local

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

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

// difference says why an observed object is to be written; empty when it is as
// wished. What the wish does not speak of may be as it likes.
func difference(wish *unstructured.Unstructured, observed client.Object) string {
	have := tree(observed)
	// A typed object that was read from a cache does not say its kind.
	have["apiVersion"], have["kind"] = wish.GetAPIVersion(), wish.GetKind()
	path := missing("", wish.Object, have)
	switch {
	case path == "":
		return ""
	case observed.GetAnnotations()[wishAnnotation] != wish.GetAnnotations()[wishAnnotation]:
		return "what is wished has changed"
	default:
		return path + " was changed by someone else"
	}
}

// tree is an API object as JSON has it.
func tree(o any) map[string]any {
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		// API types always convert.
		panic(fmt.Sprintf("local: convert %T: %v", o, err))
	}
	return m
}

// missing is the path of the first part of wish that is not in have; empty if
// all is there. The elements of a list of objects may stand in any order and
// among others.
func missing(path string, wish, have any) string {
	switch wish := wish.(type) {
	case map[string]any:
		have, _ := have.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(wish)) {
			if m := missing(path+"."+key, wish[key], have[key]); m != "" {
				return m
			}
		}
		return ""
	case []any:
		have, _ := have.([]any)
		if !slices.ContainsFunc(wish, isObject) {
			break
		}
		for i, w := range wish {
			if !slices.ContainsFunc(have, func(h any) bool { return missing("-", w, h) == "" }) {
				return fmt.Sprintf("%s[%d]", path, i)
			}
		}
		return ""
	}
	if !reflect.DeepEqual(wish, have) {
		return path
	}
	return ""
}

func isObject(v any) bool {
	_, is := v.(map[string]any)
	return is
}
