package local

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// difference says why an observed object is to be written; empty when it is as
// wished. What the wish does not speak of may be as it likes.
func difference(wish *unstructured.Unstructured, observed client.Object) string {
	have := tree(observed)
	// A typed object that was read from a cache does not say its kind.
	have["apiVersion"], have["kind"] = wish.GetAPIVersion(), wish.GetKind()
	all := changes("", wish.Object, have)
	if len(all) == 0 {
		return ""
	}
	const hash = ".metadata.annotations[" + wishAnnotation + "]"
	told := slices.DeleteFunc(slices.Clone(all), func(c change) bool { return c.path == hash })
	switch {
	case len(told) == 0:
		return "something is no longer asked for that was when it was last written"
	case len(told) == len(all):
		return "someone else has changed it: " + listed(told)
	}
	return listed(told)
}

// change is one part of a wish that is not so. What is no word is not shown.
type change struct {
	path      string
	have, now any
}

// String is "replicas: 2 -> 3".
func (c change) String() string {
	return fmt.Sprintf("%s: %s -> %s", strings.TrimPrefix(c.path, "."), shown(c.have), shown(c.now))
}

func (c change) rank() int {
	if strings.Contains(c.path, ".metadata.") {
		return 1
	}
	return 0
}

// longest bounds how much of a value is shown, and most how many changes are.
const (
	longest = 80
	most    = 4
)

func shown(v any) string {
	if v == nil {
		return "none"
	}
	if text, is := v.(string); is && text != "" && len(text) <= longest && !strings.ContainsAny(text, " \n") {
		return text
	}
	text, err := json.Marshal(v)
	if err != nil || len(text) > longest {
		return "..."
	}
	return string(text)
}

// listed are the changes for people, those of labels and annotations last.
func listed(all []change) string {
	var words []string
	slices.SortStableFunc(all, func(a, b change) int { return cmp.Compare(a.rank(), b.rank()) })
	for _, c := range all[:min(len(all), most)] {
		words = append(words, c.String())
	}
	if more := len(all) - len(words); more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, ", ")
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

// changes are the parts of wish that are not so in have. The elements of a list
// of objects may stand in any order and among others.
func changes(path string, wish, have any) []change {
	switch wish := wish.(type) {
	case map[string]any:
		have, _ := have.(map[string]any)
		var all []change
		for _, key := range slices.Sorted(maps.Keys(wish)) {
			all = append(all, changes(path+below(key), wish[key], have[key])...)
		}
		return all
	case []any:
		if slices.ContainsFunc(wish, isObject) {
			have, _ := have.([]any)
			return elements(path, wish, have)
		}
		if have, is := have.([]any); is && !reflect.DeepEqual(wish, have) {
			return []change{{path, without(have, wish), without(wish, have)}}
		}
	}
	if !reflect.DeepEqual(wish, have) {
		return []change{{path, have, wish}}
	}
	return nil
}

// elements are the changes of a list of objects. One that is not as wished is
// told from the others by what lists of the API are keyed by.
func elements(path string, wish, have []any) []change {
	var all []change
	for i, w := range wish {
		if slices.ContainsFunc(have, func(h any) bool { return len(changes("", w, h)) == 0 }) {
			continue
		}
		at, before := fmt.Sprintf("%s[%d]", path, i), any(nil)
		for _, key := range []string{"name", "mountPath", "topologyKey", "key", "port"} {
			object, _ := w.(map[string]any)
			value, keyed := object[key]
			if !keyed {
				continue
			}
			at = fmt.Sprintf("%s[%v]", path, value)
			if same := slices.IndexFunc(have, func(h any) bool {
				other, _ := h.(map[string]any)
				return reflect.DeepEqual(other[key], value)
			}); same >= 0 {
				before = have[same]
			}
			break
		}
		if before == nil {
			all = append(all, change{at, nil, w})
			continue
		}
		all = append(all, changes(at, w, before)...)
	}
	return all
}

// without are the elements of a that b has not got; all of a if only the order
// differs.
func without(a, b []any) any {
	var rest []any
	for _, v := range a {
		if !slices.ContainsFunc(b, func(o any) bool { return reflect.DeepEqual(o, v) }) {
			rest = append(rest, v)
		}
	}
	switch len(rest) {
	case 0:
		if len(a) != len(b) {
			return nil
		}
		return a
	case 1:
		return rest[0]
	}
	return rest
}

// below is a key in a path; one that holds a dot stands in brackets.
func below(key string) string {
	if strings.ContainsAny(key, "./") {
		return "[" + key + "]"
	}
	return "." + key
}

func isObject(v any) bool {
	_, is := v.(map[string]any)
	return is
}
