// Package fake is a provider over a small cloud in memory (package cloud). It
// is whole, and small enough to be read in one sitting: PROVIDERS.md explains
// the contract with it.
//
// Its files are those that every provider has:
//
//	settings.go   what users set, and where that is
//	resources.go  what is wished, as the cloud's resources
//	admit.go      what of it has no place there
//	note.go       what each resource says about itself
//	observe.go    what there is
//	plan.go       the steps from one to the other
//	retire.go     and those that take away what is not wished any more
//	apply.go      their execution
//	endpoints.go  pods that come and go
//	client.go     the cloud's API: what its calls cost
//	errors.go     and what its errors mean
package fake
