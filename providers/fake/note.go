package fake

import (
	"encoding/json"
	"fmt"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// note is what each resource says about itself beside its labels, which are
// too short for it: whose it is in full, what it is for, and what of the wish
// its spec cannot show.
type note struct {
	Ref providers.Ref `json:"ref"`
	// For is the wished object, Hash its content.
	For  plan.Subject `json:"for,omitempty"`
	Hash string       `json:"hash,omitempty"`
	// Locality is that of a group's endpoints.
	Locality ir.Locality `json:"locality,omitzero"`
}

func (n note) String() string {
	b, err := json.Marshal(n)
	if err != nil {
		panic(fmt.Sprintf("fake: write a note: %v", err)) // plain data always marshals
	}
	return string(b)
}

// readNote reads a resource's note; false if it is not one of ours.
func readNote(s string) (note, bool) {
	var n note
	err := json.Unmarshal([]byte(s), &n)
	return n, err == nil && n.Ref.Hub != ""
}
