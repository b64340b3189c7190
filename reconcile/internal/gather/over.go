package gather

import (
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// Over makes a Gatherer for somebody who only wants to know what would be, were
// things as cache says and did Secrets hold what is laid over them. Of Secrets
// it begins with what g holds: a certificate that is served on although its
// Secret was spoilt is nowhere else. It lists routes once, and is for one use at
// a time.
func (g *Gatherer) Over(cache client.Reader, laid map[Key]snapshot.Certificate) *Gatherer {
	o := New(cache)
	o.Services, o.Values = g.Services, g.Values
	o.clock, o.origin, o.laid = g.clock, g, laid
	return o
}

// held is a copy of what is known of a Secret; g may be nil.
func (g *Gatherer) held(key Key) *secret {
	if g == nil {
		return &secret{}
	}
	g.mu.Lock()
	known := g.secretsOf[key]
	g.mu.Unlock()
	if known == nil {
		return &secret{}
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	return &secret{version: known.version, holds: known.holds, failing: known.failing}
}
