package filter

import (
	"fmt"
	"strings"

	"golang.org/x/net/http/httpguts"

	"fairway.dev/fairway/providers/ir"
)

// Fields are the header fields of a message; http.Header is one. Names are
// compared without regard to case.
type Fields interface {
	Set(name, value string)
	Add(name, value string)
	Del(name string)
}

// Edits change header fields, in order.
type Edits []edit

type edit struct {
	op          func(f Fields, name, value string)
	name, value string
}

// Apply carries the edits out.
func (e Edits) Apply(f Fields) {
	for _, edit := range e {
		edit.op(f, edit.name, edit.value)
	}
}

func set(f Fields, name, value string) { f.Set(name, value) }
func add(f Fields, name, value string) { f.Add(name, value) }
func remove(f Fields, name, _ string)  { f.Del(name) }

// reserved are the fields that no filter may touch: they belong to one
// connection or frame the message, and Host is what a rewrite changes.
var reserved = map[string]bool{
	"connection":        true,
	"content-length":    true,
	"host":              true,
	"keep-alive":        true,
	"proxy-connection":  true,
	"te":                true,
	"trailer":           true,
	"transfer-encoding": true,
	"upgrade":           true,
}

func compileEdits(m *ir.HeaderModifier) (Edits, error) {
	edits := make(Edits, 0, len(m.Set)+len(m.Add)+len(m.Remove))
	for _, h := range m.Set {
		edits = append(edits, edit{set, h.Name, h.Value})
	}
	for _, h := range m.Add {
		edits = append(edits, edit{add, h.Name, h.Value})
	}
	for _, name := range m.Remove {
		edits = append(edits, edit{op: remove, name: name})
	}
	for _, e := range edits {
		if !httpguts.ValidHeaderFieldName(e.name) {
			return nil, fmt.Errorf("%q is not a header's name", e.name)
		}
		if !httpguts.ValidHeaderFieldValue(e.value) {
			return nil, fmt.Errorf("the value of %q is not a header's value", e.name)
		}
		if reserved[strings.ToLower(e.name)] {
			return nil, fmt.Errorf("the header %q cannot be edited", e.name)
		}
	}
	return edits, nil
}
