// Package page is the simulator's read-only web page: load balancers with their listeners, rules and targets, the last
// calls and the last requests, live. It knows no AWS: what it shows comes from a Source.
package page

import "time"

// Source is where the page reads. Its methods may be called at once from several goroutines.
type Source interface {
	Overview() Overview
	// Detail is a load balancer by ARN; false when there is none.
	Detail(arn string) (Detail, bool)
}

// Overview is the page without a load balancer chosen.
type Overview struct {
	// Now is the simulator's time.
	Now       time.Time
	Balancers []Balancer
	// Calls and Requests are the last ones, newest first.
	Calls    []Call
	Requests []Request
}

// Balancer is a load balancer in a line.
type Balancer struct {
	ARN, Name, Kind, Scheme, State string
	Account, Region, DNSName       string
	Zones                          []string
}

// Detail is a load balancer with all that belongs to it.
type Detail struct {
	Balancer
	Listeners []Listener
	Groups    []Group
}

// Listener is a listener with its rules in the order of their evaluation.
type Listener struct {
	ARN, Protocol string
	Port          int
	Certificates  []string
	Rules         []Rule
}

// Rule is a rule in words.
type Rule struct {
	ARN, Priority                   string
	Conditions, Transforms, Actions []string
}

// Group is a target group with its targets.
type Group struct {
	ARN, Name, Protocol, Check string
	Targets                    []Target
}

// Healthy counts healthy targets.
func (g Group) Healthy() int {
	count := 0
	for _, t := range g.Targets {
		if t.State == "healthy" {
			count++
		}
	}
	return count
}

// Target is a registered target.
type Target struct {
	ID, Zone, State, Reason, Description string
	Port                                 int
}

// Call is a call of an API.
type Call struct {
	Time                                        time.Time
	Account, Region, Client, Operation, Outcome string
	Attempt                                     int
}

// Request is a request to an Application Load Balancer.
type Request struct {
	Time time.Time
	// Balancer is the load balancer's name.
	Balancer    string
	Method, URL string
	// Rule is the priority of the rule that decided, "default", or "none".
	Rule string
	// Target is the address that it was sent to, or empty.
	Target string
	// Status is what the load balancer's access log would have: also 460, which no client sees.
	Status int
}
