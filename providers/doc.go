// Package providers is the contract between Fairway's core and the things
// that can be a load balancer: a cloud's, the in-cluster proxy, one of your
// own. PROVIDERS.md at the repository's root explains it in order.
//
// A provider is seven verbs over plain data: say what you can do
// (Capabilities) and where (Locate), look (Observe), say what you would change
// and why (Plan), change it (Apply), follow pods as they come and go
// (SyncEndpoints), and name all that is ours (List). Core knows no cloud; a
// provider knows no Kubernetes route.
package providers
