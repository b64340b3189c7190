package plan

import (
	"strconv"
	"strings"
)

// Service is how a wished object is served.
type Service string

// The ways of being served. There is no approximation: an object is served
// exactly, by whom Service says, or refused.
const (
	// Native: by the load balancer itself.
	Native Service = "Native"
	// Offloaded: by Fairway's proxy behind the load balancer.
	Offloaded Service = "Offloaded"
	// Refused: not at all; Reason and Message say why.
	Refused Service = "Refused"
)

// Verdict says how one wished object is served.
type Verdict struct {
	Subject Subject `json:"subject"`
	Service Service `json:"service"`
	// Reason is a CamelCase word, Message names what is at fault and the
	// remedy; both are empty for Native. They are stable between plans.
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
}

// Subject names one wished object: "listener/<name>", "route/<name>",
// "rule/<route>/<index>", "pool/<name>" or "certificate/<name>".
type Subject string

// Listener is the Subject of a listener, by its Name.
func Listener(name string) Subject { return Subject("listener/" + name) }

// Route is the Subject of a route, by its Name.
func Route(name string) Subject { return Subject("route/" + name) }

// Rule is the Subject of the rule at index of a route.
func Rule(route string, index int) Subject {
	return Subject("rule/" + route + "/" + strconv.Itoa(index))
}

// Pool is the Subject of a pool, by its Name.
func Pool(name string) Subject { return Subject("pool/" + name) }

// Certificate is the Subject of a certificate, by its Name.
func Certificate(name string) Subject { return Subject("certificate/" + name) }

// Split is the sort of a Subject and the name of its object, without the
// rule's index; index is -1 for what is no rule.
func (s Subject) Split() (sort, name string, index int) {
	sort, name, _ = strings.Cut(string(s), "/")
	if sort != "rule" {
		return sort, name, -1
	}
	cut := strings.LastIndexByte(name, '/')
	if cut < 0 {
		return sort, name, -1
	}
	index, err := strconv.Atoi(name[cut+1:])
	if err != nil {
		return sort, name, -1
	}
	return sort, name[:cut], index
}
