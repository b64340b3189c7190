package providertest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"fairway.dev/fairway/providers/ir"
)

var mustKeepSecrets = property{
	id:     "P-SECRETS",
	remedy: "key material stays in ir.Secret until it goes over the wire: no plan, payload, observation, State or error holds it in any other form",
	test: func(p *probe) {
		w := p.world()
		ref := w.ref("web", w.samples.Settings)
		lb := w.desired(small)
		if len(lb.Certificates) == 0 {
			p.skip("the provider serves no HTTPS")
		}
		w.ledger.arm(&fault{way: refused, at: 1})
		for range 4 {
			before, err := w.provider.Observe(p.t.Context(), ref)
			p.need(err, "observe")
			o, made, outcomes, err := w.round(p.t.Context(), ref, lb)
			said, marshalErr := json.Marshal(o)
			p.must(marshalErr, "print an Observation as JSON")
			for what, words := range map[string]string{
				"a plan": text(made), "an observation": string(said), "an error": fmt.Sprintf("%v %+v", err, failures(outcomes)),
			} {
				if leaks([]byte(words), lb.Certificates) {
					p.errorf("%s holds a private key, as JSON or printed", what)
				}
			}
			search := &search{keys: lb.Certificates, visited: map[pointer]bool{}}
			search.look("what Observe answers", reflect.ValueOf(before))
			search.look("what Apply answers", reflect.ValueOf(o))
			for _, s := range made.Steps {
				search.look("Payload of step "+s.ID, reflect.ValueOf(s.Payload))
			}
			for _, pool := range o.Pools {
				now, _ := w.provider.SyncEndpoints(p.t.Context(), ref, pool, nil)
				search.look("what SyncEndpoints answers", reflect.ValueOf(now))
			}
			for _, at := range search.found {
				p.errorf("%s is a private key, outside of ir.Secret", at)
			}
			w.Pass(after(err))
		}
	},
}

// leaks reports whether words hold a line of a key, or the key itself.
func leaks(words []byte, certificates []ir.Certificate) bool {
	return slices.ContainsFunc(certificates, func(c ir.Certificate) bool {
		material := c.Key.Reveal()
		if block, _ := pem.Decode(material); block != nil && bytes.Contains(words, block.Bytes) {
			return true
		}
		return slices.ContainsFunc(bytes.Split(material, []byte("\n")), func(l []byte) bool {
			return len(l) > 32 && bytes.Contains(words, l)
		})
	})
}

// search looks for keys in values, unexported fields too.
type search struct {
	keys    []ir.Certificate
	visited map[pointer]bool
	found   []string
}

// pointer is one that was followed.
type pointer struct {
	to reflect.Type
	at uintptr
}

// deepest is how far down a search goes, and most how many pointers it follows:
// a State that leads to the provider itself is not to be followed for ever.
const (
	deepest = 24
	most    = 20000
)

// apart are the types in which keys may be, or in which nothing is to be found.
var apart = []reflect.Type{
	reflect.TypeFor[ir.Secret](), reflect.TypeFor[reflect.Type](), reflect.TypeFor[sync.Mutex](), reflect.TypeFor[sync.RWMutex](),
}

// parsed are keys that are no text any more.
var parsed = []reflect.Type{
	reflect.TypeFor[ecdsa.PrivateKey](), reflect.TypeFor[rsa.PrivateKey](), reflect.TypeFor[ed25519.PrivateKey](),
}

// look searches a value; at says where it was found.
func (s *search) look(at string, v reflect.Value) {
	if !v.IsValid() || slices.Contains(apart, v.Type()) || strings.Count(at, ".")+strings.Count(at, "[") > deepest {
		return
	}
	if slices.Contains(parsed, v.Type()) {
		s.found = append(s.found, at)
		return
	}
	switch v.Kind() {
	case reflect.String:
		s.judge(at, []byte(v.String()))
	case reflect.Pointer:
		here := pointer{v.Type(), v.Pointer()}
		if v.IsNil() || s.visited[here] || len(s.visited) > most {
			return
		}
		s.visited[here] = true
		s.look(at, v.Elem())
	case reflect.Interface:
		s.look(at, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			s.look(at+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			s.look(at+"[key]", it.Key())
			s.look(fmt.Sprintf("%s[%v]", at, it.Key()), it.Value())
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 && (v.Kind() == reflect.Slice || v.CanAddr()) {
			s.judge(at, v.Bytes())
			return
		}
		for i := range v.Len() {
			s.look(fmt.Sprintf("%s[%d]", at, i), v.Index(i))
		}
	}
}

func (s *search) judge(at string, words []byte) {
	if leaks(words, s.keys) {
		s.found = append(s.found, at)
	}
}
