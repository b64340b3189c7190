package local

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

func TestChangesAreWhatIsNotAsWished(t *testing.T) {
	for name, c := range map[string]struct{ wish, have, want string }{
		"equal":                         {`{a: 1, b: [x, z]}`, `{a: 1, b: [x, z]}`, ""},
		"more than wished":              {`{a: {b: 1}}`, `{a: {b: 1, c: 2}, d: 3}`, ""},
		"another value":                 {`{a: {b: 1}}`, `{a: {b: 2}}`, "a.b: 2 -> 1"},
		"absent":                        {`{a: {b: 1}}`, `{}`, "a.b: none -> 1"},
		"wished false, absent":          {`{a: false}`, `{}`, "a: none -> false"},
		"an order of words":             {`{a: [x, z]}`, `{a: [z, x]}`, `a: ["z","x"] -> ["x","z"]`},
		"a word too many":               {`{a: [x]}`, `{a: [x, z]}`, "a: z -> none"},
		"objects in another order":      {`{a: [{k: 1}, {k: 2}]}`, `{a: [{k: 2, m: 0}, {k: 1}]}`, ""},
		"an object among others":        {`{a: [{k: 1}]}`, `{a: [{k: 0}, {k: 1}]}`, ""},
		"an object that is not there":   {`{a: [{k: 1}, {k: 2}]}`, `{a: [{k: 1}, {k: 3}]}`, `a[1]: none -> {"k":2}`},
		"a list where there is another": {`{a: [{k: 1}]}`, `{a: x}`, `a[0]: none -> {"k":1}`},
		"another flag":                  {`{a: [-x=1, -y]}`, `{a: [-x=2, -y]}`, "a: -x=2 -> -x=1"},
		"a named object differs":        {`{a: [{name: p, b: 1}]}`, `{a: [{name: m}, {name: p, b: 2}]}`, "a[p].b: 2 -> 1"},
		"a key with dots":               {`{a: {b.c/d: "x y"}}`, `{}`, `a[b.c/d]: none -> "x y"`},
		"many":                          {`{a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}`, `{}`, "a: none -> 1, b: none -> 1, c: none -> 1, d: none -> 1, and 2 more"},
	} {
		t.Run(name, func(t *testing.T) {
			var wish, have map[string]any
			if err := yaml.Unmarshal([]byte(c.wish), &wish); err != nil {
				t.Fatal(err)
			}
			if err := yaml.Unmarshal([]byte(c.have), &have); err != nil {
				t.Fatal(err)
			}
			if got := listed(changes("", wish, have)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestWhy shows what every step says that leads from one shape to another, and
// back.
func TestWhy(t *testing.T) {
	var said bytes.Buffer
	from := blueprintOf(t, web, "")
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		shape := shapes[name]
		if shape.ref != web {
			continue
		}
		to := blueprintOf(t, web, shape.parameters)
		if shape.wish != nil {
			shape.wish(to.wish)
		}
		_, _ = fmt.Fprintf(&said, "To %s\n%sAnd back\n%s\n", name, whys(from, to), whys(to, from))
	}
	replicas := blueprintOf(t, web, "replicas: 3")
	_, _ = fmt.Fprintf(&said, "Replicas\n%s\n", whys(from, replicas))
	scaled := seen(from)
	if err := unstructured.SetNestedField(scaled.objects["Deployment"].(*unstructured.Unstructured).Object, int64(0), "spec", "replicas"); err != nil {
		t.Fatal(err)
	}
	_, _ = fmt.Fprintf(&said, "Scaled by somebody\n%s", steps(scaled, from))
	golden(t, "testdata/why.txt", said.Bytes())
}

func whys(from, to blueprint) string { return steps(seen(from), to) }

// seen is the state in which all of a blueprint is there.
func seen(b blueprint) *state {
	s := &state{published: b.wish, objects: map[string]client.Object{}}
	for _, p := range parts {
		if o := p.object(b); o != nil {
			s.objects[p.kind] = o
		}
	}
	return s
}

func steps(s *state, to blueprint) string {
	var b bytes.Buffer
	if step, needed := publication(to.ref, s, to.wish); needed {
		_, _ = fmt.Fprintf(&b, "  %s %s: %s\n", step.Op, streamKind, step.Why)
	}
	for _, p := range parts {
		if p.kind == "Secret" {
			continue
		}
		if step, needed := writing(to.ref, s, p, p.object(to), time.Time{}); needed {
			_, _ = fmt.Fprintf(&b, "  %s %s: %s\n", step.Op, p.kind, step.Why)
		}
	}
	return b.String()
}
