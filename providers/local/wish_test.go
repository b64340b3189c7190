package local

import (
	"testing"

	"sigs.k8s.io/yaml"
)

func TestMissingSeesWhatIsNotAsWished(t *testing.T) {
	for name, c := range map[string]struct{ wish, have, want string }{
		"equal":                         {`{a: 1, b: [x, y]}`, `{a: 1, b: [x, y]}`, ""},
		"more than wished":              {`{a: {b: 1}}`, `{a: {b: 1, c: 2}, d: 3}`, ""},
		"another value":                 {`{a: {b: 1}}`, `{a: {b: 2}}`, ".a.b"},
		"absent":                        {`{a: {b: 1}}`, `{}`, ".a.b"},
		"wished false, absent":          {`{a: false}`, `{}`, ".a"},
		"an order of words":             {`{a: [x, y]}`, `{a: [y, x]}`, ".a"},
		"a word too many":               {`{a: [x]}`, `{a: [x, y]}`, ".a"},
		"objects in another order":      {`{a: [{n: 1}, {n: 2}]}`, `{a: [{n: 2, m: 0}, {n: 1}]}`, ""},
		"an object among others":        {`{a: [{n: 1}]}`, `{a: [{n: 0}, {n: 1}]}`, ""},
		"an object that is not there":   {`{a: [{n: 1}, {n: 2}]}`, `{a: [{n: 1}, {n: 3}]}`, ".a[1]"},
		"a list where there is another": {`{a: [{n: 1}]}`, `{a: x}`, ".a[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			var wish, have map[string]any
			if err := yaml.Unmarshal([]byte(c.wish), &wish); err != nil {
				t.Fatal(err)
			}
			if err := yaml.Unmarshal([]byte(c.have), &have); err != nil {
				t.Fatal(err)
			}
			if got := missing("", wish, have); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
