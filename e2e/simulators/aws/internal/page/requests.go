package page

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// Requests keeps the last requests. The zero value keeps none; use NewRequests.
type Requests struct {
	mu   sync.Mutex
	ring []Request
	next int
}

// NewRequests keeps so many.
func NewRequests(keep int) *Requests { return &Requests{ring: make([]Request, 0, keep)} }

// Observe takes a request down; it is made to be given to the engine.
func (r *Requests) Observe(x traffic.Exchange) {
	request := Request{
		Time:     x.Time,
		Balancer: nameOf(x.LoadBalancer),
		Method:   x.Method,
		URL:      x.Host + x.Path,
		Rule:     "none",
		Target:   x.Target,
		Status:   x.Status,
	}
	switch {
	case x.Priority > 0:
		request.Rule = strconv.Itoa(x.Priority)
	case x.Rule != "":
		request.Rule = "default"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ring) < cap(r.ring) {
		r.ring = append(r.ring, request)
		return
	}
	r.ring[r.next] = request
	r.next = (r.next + 1) % len(r.ring)
}

// Last are the requests, newest first.
func (r *Requests) Last() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.Concat(r.ring[r.next:], r.ring[:r.next])
	slices.Reverse(all)
	return all
}

// nameOf is the name in a load balancer's ARN, which ends in app/web/50dc6c495c0c9188.
func nameOf(arn string) string {
	parts := strings.Split(arn, "/")
	if len(parts) < 2 {
		return arn
	}
	return parts[len(parts)-2]
}
