// Package providertest is the conformance kit that every provider passes,
// those of this repository and others. A provider's test makes a [Harness],
// which is a small world that the provider builds in, and calls [Run]:
//
//	func TestContract(t *testing.T) {
//		providertest.Run(t, func(t *testing.T) providertest.Harness { return newWorld(t) })
//	}
//
// The kit plays Fairway's core: it observes, plans and applies, cuts Apply off
// wherever it hurts, and looks into the world to see what came of it. It
// wishes only for what the provider's Capabilities allow. Each property has an
// id, under which PROVIDERS.md says what the provider must do. The first one,
// P-FIRST, asks that something can be built at all; until it holds the others
// are skipped.
package providertest
