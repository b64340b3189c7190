// Package instrument counts what Fairway does, and bounds it: decorators over a
// provider and over the hub's own API client. Nothing else counts calls.
//
// Over a provider there are five, each a layer of its own. From core inwards:
// verbs for one load balancer wait for each other; the last observation is kept,
// so that what core sees already costs no call;
// calls that are made are counted; each has its time; and the account's budget
// is shared out within it.
package instrument

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/clock"

	"fairway.dev/fairway/providers"
)

// Provider is p in all its layers. Its optional powers are found by [Power].
func Provider(p providers.Provider, r prometheus.Registerer) providers.Provider {
	return oneByOne(keep(measure(limitTime(shareBudget(p)), r), clock.RealClock{}))
}

// Power finds an optional power of a provider, through its layers.
func Power[T any](p providers.Provider) (T, bool) {
	for {
		if t, is := p.(T); is {
			return t, true
		}
		u, is := p.(interface{ Unwrap() providers.Provider })
		if !is {
			var none T
			return none, false
		}
		p = u.Unwrap()
	}
}
