package member

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	fairway "fairway.dev/fairway/api/v1alpha1"
)

// Silent names the members that cannot tell now what they export, in order:
// those that were not read yet, and those of which something cannot be read.
func (p *Provider) Silent() []string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var out []string
	for name, s := range p.sessions {
		if st, _ := s.known(); !meta.IsStatusConditionTrue(st.conditions, fairway.ConditionSynced) {
			out = append(out, name)
		}
	}
	select {
	case <-p.loaded:
		for _, name := range p.initial {
			if p.sessions[name] == nil && !p.removed[name] {
				out = append(out, name)
			}
		}
	default:
	}
	slices.Sort(out)
	return out
}
