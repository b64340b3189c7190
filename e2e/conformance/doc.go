// Package conformance runs the Gateway API's own conformance suite, unmodified, against Fairway on
// the hub of a fleet: experimental-channel CRDs, the suite's manifests, pods as real processes and
// addresses that are dialled as they are in the Gateways' statuses. Its report is kept under reports.
package conformance
