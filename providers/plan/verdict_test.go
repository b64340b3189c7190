package plan

import "testing"

func TestSubjectsSplitIntoWhatTheyWereMadeOf(t *testing.T) {
	for _, c := range []struct {
		subject    Subject
		sort, name string
		index      int
	}{
		{Listener("web"), "listener", "web", -1},
		{Route("HTTPRoute/shop/cart"), "route", "HTTPRoute/shop/cart", -1},
		{Rule("HTTPRoute/shop/cart", 12), "rule", "HTTPRoute/shop/cart", 12},
		{Pool("Service/shop/cart/80"), "pool", "Service/shop/cart/80", -1},
		{Certificate("shop/tls"), "certificate", "shop/tls", -1},
		{"rule/none", "rule", "none", -1},
		{"rule/a/b", "rule", "a/b", -1},
	} {
		if sort, name, index := c.subject.Split(); sort != c.sort || name != c.name || index != c.index {
			t.Errorf("%s: got %q, %q, %d", c.subject, sort, name, index)
		}
	}
}
