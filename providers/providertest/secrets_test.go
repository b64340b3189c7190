package providertest

import (
	"crypto/tls"
	"encoding/pem"
	"reflect"
	"testing"

	"fairway.dev/fairway/providers/ir"
)

func TestKeysAreFoundWhereverTheyAre(t *testing.T) {
	c, err := certificate("shop/tls", []ir.KeyType{ir.ECDSAP256}, 0)
	if err != nil {
		t.Fatal(err)
	}
	key := c.Key.Reveal()
	der, _ := pem.Decode(key)
	pair, err := tls.X509KeyPair([]byte(c.Chain), key)
	if err != nil {
		t.Fatal(err)
	}
	type inner struct {
		text string
		raw  []byte
		any  any
		next *inner
	}
	ring := &inner{text: "harmless"}
	ring.next = ring
	deep := inner{any: map[string][]inner{"a": {{}, {next: &inner{raw: der.Bytes}}}}}
	for name, sample := range map[string]struct {
		in    any
		found int
	}{
		"nothing":               {nil, 0},
		"a ring":                {ring, 0},
		"an ir.Secret":          {inner{any: c}, 0},
		"an unexported string":  {inner{text: "x" + string(key)}, 1},
		"bytes":                 {&inner{raw: key}, 1},
		"DER, deep down":        {deep, 1},
		"a key that was parsed": {inner{any: pair.PrivateKey}, 1},
		"the key of a map":      {map[string]bool{string(key): true}, 1},
	} {
		s := &search{keys: []ir.Certificate{c}, visited: map[pointer]bool{}}
		s.look("State", reflect.ValueOf(sample.in))
		if len(s.found) != sample.found {
			t.Errorf("%s: found at %q; want %d", name, s.found, sample.found)
		}
	}
}

func TestAChainDiffersAtALine(t *testing.T) {
	a, errA := certificate("shop/tls", []ir.KeyType{ir.ECDSAP256}, 0)
	b, errB := certificate("shop/tls", []ir.KeyType{ir.ECDSAP256}, 1)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if d := differs("# a remark\n"+a.Chain+"\n", a.Chain); d != "" {
		t.Errorf("a remark makes a difference: %s", d)
	}
	if differs(a.Chain, b.Chain) == "" || differs("", a.Chain) == "" {
		t.Error("another certificate makes no difference")
	}
}

func TestWhatIsSaidTwiceIsShownOnce(t *testing.T) {
	if got := folded([]string{"a", "b", "a", "a"}); len(got) != 2 || got[0] != "a (x3)" || got[1] != "b" {
		t.Errorf("%q", got)
	}
}
