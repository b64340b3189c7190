package main

import (
	"math"
	"slices"
	"time"
)

// Report is everything that one run found.
type Report struct {
	Date    string `json:"date"`
	Machine string `json:"machine"`
	// Subjects are in the order in which they were measured.
	Subjects []Figures `json:"subjects"`
}

// Figures are one subject's.
type Figures struct {
	Subject string  `json:"subject"`
	Sizes   []Size  `json:"sizes"`
	Attach  *Attach `json:"attach,omitempty"`
}

// Size is what was found with a number of routes, each with a host and a pool of its own.
type Size struct {
	Routes int `json:"routes"`
	// Route is from the creation of a route on the hub to its first 200, and Taken the part of it until
	// the API server answered; Endpoint is from the change of an endpoint in the subject's home, a
	// member or the hub itself, to the first answer of the new pod.
	Route    Latency `json:"routeMilliseconds"`
	Taken    Latency `json:"takenByAPIServerMilliseconds"`
	Endpoint Latency `json:"endpointMilliseconds"`
	// HubMB and ProxyMB are resident memory in MB (10^6 bytes), the largest of several.
	HubMB   float64 `json:"hubMB"`
	ProxyMB float64 `json:"proxyMB"`
	// HubCPU and ProxyCPU are milliseconds of processor time for one change of an endpoint, and
	// HubRouteCPU for one new route; ProxyCPU is that of all proxies together.
	HubCPU      float64 `json:"hubCPUMillisecondsPerEndpointChange"`
	ProxyCPU    float64 `json:"proxyCPUMillisecondsPerEndpointChange"`
	HubRouteCPU float64 `json:"hubCPUMillisecondsPerRoute"`
}

// Latency is a distribution in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	// Samples were measured, Errors are those that never came about.
	Samples int `json:"samples"`
	Errors  int `json:"errors"`
}

// Attach is what many routes at once cost.
type Attach struct {
	Routes int `json:"routes"`
	// Seconds is from the last route's creation to the attachedRoutes that is right and stays right.
	Seconds float64 `json:"seconds"`
	// Writes are those that changed the Gateway's status, until the controllers were idle.
	Writes int `json:"gatewayStatusWrites"`
}

// newLatency sums samples up. A percentile is the smallest sample that at least that share is not
// larger than.
func newLatency(samples []time.Duration, errors int) Latency {
	l := Latency{Samples: len(samples), Errors: errors}
	sorted := slices.Sorted(slices.Values(samples))
	at := func(share float64) float64 {
		if len(sorted) == 0 {
			return 0
		}
		i := int(math.Ceil(share*float64(len(sorted)))) - 1
		return float64(sorted[max(i, 0)].Microseconds()) / 1000
	}
	l.P50, l.P90, l.P99 = at(0.50), at(0.90), at(0.99)
	return l
}
