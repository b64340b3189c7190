// Package providers is the contract between Fairway's core and the things
// that can be a load balancer: a cloud's, the in-cluster proxy, one of your
// own. PROVIDERS.md at the repository's root explains it in order.
//
// A provider is five verbs over plain data: say what you can do
// (Capabilities), look (Observe), say what you would change and why (Plan),
// change it (Apply), and follow pods as they come and go (SyncEndpoints).
// Core knows no cloud; a provider knows no Kubernetes route.
package providers
