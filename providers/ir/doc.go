// Package ir is the intermediate representation of one load balancer: what
// translation produces and what every provider consumes.
//
// It is plain data over the standard library: sorted, comparable by content
// hash and JSON-able, with no Kubernetes and no cloud word in it. Pods do not
// appear in a [LoadBalancer]: pools are named there, and their endpoints
// travel apart as [ClusterEndpoints], because they change a thousand times
// more often.
package ir
